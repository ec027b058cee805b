export { UploadQuotas } from './upload-quotas.js';

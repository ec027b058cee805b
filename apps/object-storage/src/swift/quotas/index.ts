export { AccountQuotas } from './account-quotas.js';
export { UploadQuotas } from './upload-quotas.js';

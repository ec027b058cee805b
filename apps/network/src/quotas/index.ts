export { QuotasController } from './quotas.controller.js';
export { networkQuotas } from './network-quotas.js';
export { QuotasService } from './quotas.service.js';

export { CONTAINER_BYTES, CONTAINER_COUNT, POLICY_BYTES, QUOTA_EXCEEDED, Quotas } from './quotas.js';
export { QuotasModule } from './quotas.module.js';

export { type Amounts, type QuotaDeclaration, type QuotaFamily, type QuotaOwner, type QuotaResource, Quotas } from './quotas.js';
export { QuotaExceeded, type Standing } from './quota-exceeded.js';

export { UsageAuditModule } from './usage-audit.module.js';

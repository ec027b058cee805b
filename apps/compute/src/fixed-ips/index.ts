export { FixedIpsModule } from './fixed-ips.module.js';

export { FloatingIpsModule } from './floating-ips.module.js';

export { volumeLimits, type Qos } from './volume-limits.js';

export { Timestamps, type Microseconds } from './timestamps.js';

export { NetworkCalls } from './network-calls.js';

export { startPrivateOvn, type PrivateOvn } from './private-ovn.js';

export { startPrivateOvs, type PrivateOvs } from './private-ovs.js';

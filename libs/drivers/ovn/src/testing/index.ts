export { startPrivateOvn, type PrivateOvn } from './private-ovn.js';
export {
  aFloatingIp, aGateway, aModel, aNetwork, anInterface, aPort, aRouter, aRule, aSecurityGroup, aSmallCloud, aSubnet, refsOf,
} from './model.js';

export { startPrivateOvn, type PrivateOvn } from './private-ovn.js';
export {
  aFloatingIp, aGateway, aModel, aNetwork, anInterface, aPort, aRouter, aRule, aSecurityGroup, aSmallCloud, aSubnet, refsOf,
} from './model.js';
export { startPrivateChassis, type PrivateChassis, type Wire } from './private-chassis.js';

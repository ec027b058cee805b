export {
  bitsOf, canonicalIp, contains, covers, formatCidr, formatIp, overlap, parseCidr, parseIp, rangeOf, type Cidr, type Ip, type IpRange, type IpVersion,
} from './ip.js';
export { defaultGateway, defaultPools, firstFreeCidr, hostRange, sizeOf } from './pools.js';
export { canonicalMac, eui64, newMac } from './mac.js';
export { AddressesRepository, type NewAllocation } from './addresses.repository.js';
export { IpAddressGenerationFailure, IpAddressInUse } from './faults.js';

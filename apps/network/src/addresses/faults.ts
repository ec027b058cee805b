import { Conflict } from '@virga/kernel';

export class IpAddressInUse extends Conflict {
  constructor(ip: string, networkId: string) {
    super('network.address.in-use', `Unable to complete operation for network ${networkId}. The IP address ${ip} is in use.`);
  }
}

export class IpAddressGenerationFailure extends Conflict {
  constructor(networkId: string) {
    super('network.address.exhausted', `No more IP addresses available on network ${networkId}.`);
  }
}

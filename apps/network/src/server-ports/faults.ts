import { Conflict, Forbidden, Invalid } from '@virga/kernel';

export class NetworkAmbiguous extends Conflict {
  constructor() {
    super('network.nics.ambiguous', 'Multiple possible networks found, use a Network ID to be more specific.');
  }
}

export class NetworkRequiresSubnet extends Invalid {
  constructor(id: string) {
    super('network.nics.no-subnet', `Network ${id} requires a subnet in order to boot instances on.`);
  }
}

export class ExternalNetworkAttachForbidden extends Forbidden {
  constructor(id: string) {
    super('network.nics.external', `It is not allowed to create an interface on external network ${id}`);
  }
}

export class PortInUse extends Conflict {
  constructor(id: string) {
    super('network.nics.port-in-use', `Port ${id} is still in use.`);
  }
}

export class PortRequiresFixedIP extends Invalid {
  constructor(id: string) {
    super('network.nics.port-without-ip', `Port ${id} requires a FixedIP in order to be used.`);
  }
}

export class DuplicatePort extends Invalid {
  constructor(id: string) {
    super('network.nics.port-twice', `Port ${id} was asked for twice.`);
  }
}

export class SeveralServersOnePort extends Invalid {
  constructor() {
    super('network.nics.not-for-several', 'A port or a fixed IP can be given to one server only.');
  }
}

export class FixedIpInUse extends Invalid {
  constructor(ip: string) {
    super('network.nics.ip-in-use', `Fixed IP address ${ip} is already in use.`);
  }
}

export class FixedIpInvalid extends Invalid {
  constructor(ip: string, networkId: string) {
    super('network.nics.ip-invalid', `Fixed IP address ${ip} is not a valid ip address for network ${networkId}.`);
  }
}

export class NothingWanted extends Invalid {
  constructor(index: number) {
    super('network.nics.nothing-wanted', `Interface ${index} names neither a network nor a port.`);
  }
}

export class SecurityGroupAmbiguous extends Conflict {
  constructor(name: string) {
    super('network.nics.group-ambiguous', `Multiple security groups match '${name}'. Use an ID to be more specific.`);
  }
}

import { Subnet } from './subnet.js';
import type { Guest } from './guest.js';

type Nic = Guest['nics'][number];
type FixedIp = Nic['fixedIps'][number];

/** `network_data.json` (Nova: metadata service, "network_data.json"): links, the networks on them, and name servers. */
export function networkData(nics: readonly Nic[]): object {
  const addresses = nics.flatMap((nic) => nic.fixedIps.map((fixedIp) => ({ nic, fixedIp })));
  const servers = [...new Set(addresses.flatMap(({ fixedIp }) => fixedIp.dnsNameservers))];
  return {
    links: nics.map((nic) => ({ id: linkName(nic), vif_id: nic.portId, type: 'ovs', mtu: nic.mtu, ethernet_mac_address: nic.mac })),
    networks: addresses.map(({ nic, fixedIp }, index) => ({
      id: `network${index}`, link: linkName(nic), network_id: nic.networkId, ...(isLeased(nic, fixedIp) ? { type: 'ipv4_dhcp' } : staticAddress(fixedIp)),
    })),
    services: servers.map((address) => ({ type: 'dns', address })),
  };
}

function linkName({ portId }: Nic): string {
  return `tap${portId.slice(0, 11)}`;
}

/** Networks whose subnets serve DHCP have a place for their metadata service. */
function isLeased(nic: Nic, { version }: FixedIp): boolean {
  return version === 4 && nic.metadata !== null;
}

function staticAddress({ version, ip, cidr, gatewayIp }: FixedIp): object {
  const anywhere = version === 4 ? { network: '0.0.0.0', netmask: '0.0.0.0' } : { network: '::', netmask: '::' };
  return {
    type: `ipv${version}`, ip_address: ip, netmask: new Subnet(cidr).netmask,
    routes: gatewayIp === null ? [] : [{ ...anywhere, gateway: gatewayIp }],
  };
}

import { Refused, type HostNic, type MetadataNetwork } from '@virga/ports';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const ADDRESS = /^[0-9a-fA-F:.]+\/\d{1,3}$/;

/** What goes into commands and configuration files must be exactly of its form; nothing else is passed on. */
export function requireNic({ portId, mac, mtu }: HostNic): void {
  requireId(portId, 'port');
  if (!MAC.test(mac)) throw new Refused('ovs', `'${mac}' is not a MAC address in lower case`);
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65_535) throw new Refused('ovs', `an MTU of ${mtu} is impossible`);
}

export function requireMetadata(network: MetadataNetwork): void {
  requireNic({ portId: network.portId, mac: network.mac, mtu: network.mtu });
  requireId(network.networkId, 'network');
  const wrong = network.addresses.find((address) => !ADDRESS.test(address));
  if (wrong !== undefined) throw new Refused('ovs', `'${wrong}' is not an address with a prefix length`);
}

export const isId = (text: string): boolean => ID.test(text);

export function requireId(id: string, kind: string): void {
  if (!isId(id)) throw new Refused('ovs', `the ${kind} id is not a UUID`);
}

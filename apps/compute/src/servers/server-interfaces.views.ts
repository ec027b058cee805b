import type { BodyOf, OutputOf, Reply } from '@virga/contract';
import type { attachServerInterface, showServerInterface } from '@virga/contracts-compute';
import { NotFound, ownEntry } from '@virga/kernel';
import type { Interface } from '../interfaces/index.js';
import type { ServerDetails } from './server-details.repository.js';
import type { InterfaceWish } from './server-interfaces.service.js';
import { addressesView } from './servers.views.js';

type View = Exclude<OutputOf<typeof showServerInterface>, void | Reply<unknown>>['interfaceAttachment'];
type Addresses = Record<string, { addr: string; version: number }[]>;

export function interfaceView(nic: Interface): View {
  return {
    port_id: nic.portId, net_id: nic.networkId, mac_addr: nic.mac, port_state: nic.status, tag: nic.tag,
    fixed_ips: nic.fixedIps.map(({ subnetId, ip }) => ({ subnet_id: subnetId, ip_address: ip })),
  };
}

export function interfaceWish({ interfaceAttachment: wish = {} }: BodyOf<typeof attachServerInterface>): InterfaceWish {
  return { networkId: wish.net_id ?? null, portId: wish.port_id ?? null, fixedIp: wish.fixed_ips?.[0]?.ip_address ?? null, tag: wish.tag ?? null };
}

/** Addresses by network, without what only the server's own view adds. */
export function addressesOf(server: ServerDetails): Addresses {
  return Object.fromEntries(Object.entries(addressesView(server)).map(([network, list]) => [network, list.map(({ addr, version }) => ({ addr, version }))]));
}

export function addressesOn(server: ServerDetails, network: string): Addresses {
  const all = addressesOf(server);
  const list = ownEntry(all, network);
  if (list === undefined) throw new NotFound('compute.server.network-unknown', 'Instance is not a member of specified network');
  return { [network]: list };
}

import { createHash } from 'node:crypto';
import { derivedUuid, rowUuid } from '../ovsdb/uuid.js';

/** The names that rows have in OVN. Hosts plug taps by a port's name, so that one is the port's id. */
export const switchName = (networkId: string): string => `network-${networkId}`;
export const localnetName = (networkId: string): string => `provider-${networkId}`;
export const routerName = (routerId: string): string => `router-${routerId}`;
export const routerPortName = (portId: string): string => `lrp-${portId}`;
/** Only letters, digits and underscores may follow `@` and `$` in a match. OVN makes the address sets `<name>_ip4` and `<name>_ip6` itself. */
export const portGroupName = (groupId: string): string => `pg_${groupId.replaceAll(/[^A-Za-z0-9]/g, '_')}`;
/** All ports with port security: what no rule allows is dropped. */
export const DROP_GROUP = 'pg_drop';

export const dropGroupUuid = derivedUuid('backend', DROP_GROUP);
export const localnetUuid = (networkId: string): string => derivedUuid('localnet', networkId);
export const routerPortUuid = (portId: string): string => derivedUuid('router-port', portId);
export const tombstoneUuid = (kind: string, id: string): string => derivedUuid('tombstone', kind, id);
export { derivedUuid, rowUuid };

/**
 * The MAC that a subnet's DHCP replies come from: always the same for a subnet, so that all hosts answer alike, and locally
 * administered, so that it is nobody's card.
 */
export function dhcpServerMac(subnetId: string): string {
  const bytes = createHash('sha256').update(subnetId).digest().subarray(0, 5);
  return ['02', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}

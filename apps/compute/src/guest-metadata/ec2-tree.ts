import type { Guest } from './guest.js';
import { branch, type Branch, type Item } from './tree.js';

/** The versions of EC2's metadata that Nova has; `latest` is the last. */
export const EC2_VERSIONS = ['1.0', '2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10', '2007-12-15', '2008-02-01', '2008-09-01', '2009-04-04'] as const;

/** Each version's tree below the root, with `latest`. */
export function ec2Trees(guest: Guest): Record<string, Branch> {
  const versions = [...EC2_VERSIONS, 'latest'];
  return Object.fromEntries(versions.map((version) => [version, ec2Tree(guest, version)]));
}

function ec2Tree(guest: Guest, version: string): Branch {
  const userData = guest.userData === null ? undefined : Buffer.from(guest.userData, 'base64');
  return branch({ 'meta-data': metaData(guest, version), 'user-data': userData });
}

function metaData(guest: Guest, version: string): Branch {
  const knows = (since: (typeof EC2_VERSIONS)[number]): boolean => version === 'latest' || EC2_VERSIONS.indexOf(version as never) >= EC2_VERSIONS.indexOf(since);
  const from = (since: (typeof EC2_VERSIONS)[number], item: Item): Item | undefined => (knows(since) ? item : undefined);
  const addresses = guest.nics.flatMap(({ fixedIps }) => fixedIps);
  const local = addresses.find((address) => address.version === 4);
  return branch({
    'ami-id': guest.imageId === null ? '' : `ami-${guest.imageId.replaceAll('-', '').slice(0, 8)}`,
    'ami-launch-index': String(guest.launchIndex),
    // Images have no manifests; Nova says this word, and readers look for the key only.
    'ami-manifest-path': 'FIXME',
    'block-device-mapping': from('2007-12-15', branch({ ami: 'vda', root: '/dev/vda' })),
    hostname: guest.hostname,
    'instance-action': from('2008-09-01', 'none'),
    'instance-id': instanceId(guest),
    'instance-type': from('2007-08-29', guest.flavorName),
    'local-hostname': from('2007-01-19', guest.hostname),
    'local-ipv4': local?.ip ?? '',
    placement: from('2008-02-01', branch({ 'availability-zone': guest.zone })),
    'public-hostname': from('2007-01-19', guest.hostname),
    'public-ipv4': from('2007-01-19', addresses.flatMap(({ floatingIps }) => floatingIps).find((ip) => !ip.includes(':')) ?? ''),
    'public-keys': publicKeys(guest),
    'reservation-id': guest.reservationId,
    'security-groups': [...new Set(guest.nics.flatMap(({ securityGroups }) => securityGroups.map(({ name }) => name)))].join('\n'),
  });
}

/** EC2's ids are short: guests keep them to see that they have become another server. */
export function instanceId({ id }: Pick<Guest, 'id'>): string {
  return `i-${id.slice(0, 8)}`;
}

function publicKeys({ keyName, publicKey }: Guest): Branch | undefined {
  if (keyName === null || publicKey === null) return undefined;
  return branch({ 0: branch({ 'openssh-key': publicKey }, `0=${keyName}`) });
}

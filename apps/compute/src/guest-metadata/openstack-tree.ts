import { randomBytes } from 'node:crypto';
import type { Guest } from './guest.js';
import { networkData } from './network-data.js';
import { branch, type Branch } from './tree.js';

/** Versions of Nova's own metadata, by what each brought. */
const VERSIONS = {
  folsom: '2012-08-10', grizzly: '2013-04-04', havana: '2013-10-17', liberty: '2015-10-15', newtonOne: '2016-06-30', newtonTwo: '2016-10-06', ocata: '2017-02-22',
  rocky: '2018-08-27', victoria: '2020-10-14',
} as const;

export const PASSWORD = 'password';
const RANDOM_BYTES = 512;

/** `/openstack`: each version's documents, and the contents of files. */
export function openstackTree(guest: Guest): Branch {
  const versions = [...Object.values(VERSIONS), 'latest'];
  const contents = guest.files.map(({ contents: encoded }, index): [string, Buffer] => [contentName(index), Buffer.from(encoded, 'base64')]);
  return branch({
    ...Object.fromEntries(versions.map((version) => [version, versionTree(guest, version)])),
    ...(contents.length > 0 && { content: branch(Object.fromEntries(contents)) }),
  });
}

function versionTree(guest: Guest, version: string): Branch {
  // Dates sort as text, and `latest` after all of them.
  const knows = (since: string): boolean => version >= since;
  return branch({
    'meta_data.json': JSON.stringify(metaData(guest, knows)),
    user_data: guest.userData === null ? undefined : Buffer.from(guest.userData, 'base64'),
    [PASSWORD]: knows(VERSIONS.grizzly) ? guest.password ?? '' : undefined,
    'vendor_data.json': knows(VERSIONS.havana) ? '{}' : undefined,
    'network_data.json': knows(VERSIONS.liberty) ? JSON.stringify(networkData(guest.nics)) : undefined,
    'vendor_data2.json': knows(VERSIONS.newtonTwo) ? '{}' : undefined,
  });
}

function metaData(guest: Guest, knows: (since: string) => boolean): object {
  return {
    uuid: guest.id,
    ...(Object.keys(guest.metadata).length > 0 && { meta: guest.metadata }),
    ...(guest.files.length > 0 && { files: guest.files.map(({ path }, index) => ({ path, content_path: `/content/${contentName(index)}` })) }),
    ...keys(guest),
    hostname: guest.hostname, name: guest.name, launch_index: guest.launchIndex, availability_zone: guest.zone,
    ...(knows(VERSIONS.grizzly) && { random_seed: randomBytes(RANDOM_BYTES).toString('base64') }),
    ...(knows(VERSIONS.liberty) && { project_id: guest.projectId }),
    ...(knows(VERSIONS.newtonOne) && { devices: devices(guest) }),
    ...(knows(VERSIONS.victoria) && { dedicated_cpus: [] }),
  };
}

function keys({ keyName, publicKey }: Guest): object {
  if (keyName === null || publicKey === null) return {};
  const type = publicKey.startsWith('-----BEGIN') ? 'x509' : 'ssh';
  return { public_keys: { [keyName]: publicKey }, keys: [{ name: keyName, type, data: publicKey }] };
}

/** Interfaces and disks that their owner has tagged, so that programs inside find them: by their place, by the MAC address, or by a volume's serial. */
function devices({ nics, disks, pciAddresses }: Guest): object[] {
  const placeOf = (device: string): object => (pciAddresses[device] === undefined ? { bus: 'none', address: 'none' } : { bus: 'pci', address: pciAddresses[device] });
  return [
    ...nics.filter(({ tag }) => tag !== null).map(({ portId, mac, tag }) => ({ type: 'nic', ...placeOf(portId), mac, tags: [tag] })),
    ...disks.map(({ volumeId, target, tag }) => ({
      type: 'disk', ...placeOf(target), ...(volumeId !== null && { serial: volumeId }), path: `/dev/${target}`, tags: [tag],
    })),
  ];
}

function contentName(index: number): string {
  return String(index).padStart(4, '0');
}

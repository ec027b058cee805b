import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openstack, openstackJson, untilGone, untilServer, untilSsh } from './cloud.js';
import { noTraces, traces } from './leftovers.js';
import { eventually, run } from './shell.js';

const directory = mkdtempSync(join(tmpdir(), 'virga-e2e-'));
const key = join(directory, 'id');
/** Volumes that somebody has grow since this version. */
const ATTACHED_GROWTH = '--os-volume-api-version 3.42';

interface VolumeShown {
  id: string;
  status: string;
  size: number;
}

/** Waits until the volume has the status; a volume in error fails at once. */
function untilVolume(name: string, status: string, withinSeconds = 120): Promise<VolumeShown> {
  return eventually(`volume ${name} ${status}`, withinSeconds, async () => {
    const volume = await openstackJson<VolumeShown>(`volume show ${name}`);
    if (volume.status.startsWith('error')) throw new Error(volume.status);
    return volume.status === status ? volume : undefined;
  });
}

/** As block storage, or an administrator, asks for it: the client has no command. */
async function swapVolumes(server: string, old: string, next: string): Promise<void> {
  const token = (await openstack('token issue -f value -c id', 'admin')).trim();
  const endpoints = await openstackJson<{ URL: string }[]>('endpoint list --service nova --interface public', 'admin');
  const answer = await fetch(`${endpoints[0]?.URL}/servers/${server}/os-volume_attachments/${old}`, {
    method: 'PUT', headers: { 'x-auth-token': token, 'content-type': 'application/json' }, body: JSON.stringify({ volumeAttachment: { volumeId: next } }),
  });
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
}

const asRoot = (command: string): string => `sudo -n sh -c '${command}'`;
/** A disk by what the guest knows it by: device names are the guest's own. */
const disk = (volume: string): string => `$(grep -l ^${volume.slice(0, 20)} /sys/block/vd*/serial | cut -d/ -f4)`;

describe('volumes, by the stock client', () => {
  const addresses = new Map<string, string>();
  afterAll(() => rmSync(directory, { recursive: true }));

  const inGuest = (server: string, command: string): Promise<string> => untilSsh(addresses.get(server) ?? '', key, command);

  async function reachable(server: string): Promise<void> {
    await untilServer(server, 'ACTIVE');
    const { floating_ip_address: address } = await openstackJson<{ floating_ip_address: string }>('floating ip create public');
    await openstack(`server add floating ip ${server} ${address}`);
    addresses.set(server, address);
    await inGuest(server, 'true');
  }

  it('are made, and a server boots from one', async () => {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    await openstack(`keypair create --public-key ${key}.pub volume-key`);
    await openstack('security group create volume-guests');
    await openstack('security group rule create --protocol tcp --dst-port 22 volume-guests');
    await openstack('volume create --size 1 data');
    await openstack('volume create --size 1 --image virga-linux --bootable system');
    await Promise.all([untilVolume('data', 'available'), untilVolume('system', 'available')]);
    const common = '--flavor m1.nano --network private --security-group volume-guests --key-name volume-key';
    await openstack(`server create ${common} --image virga-linux from-image`);
    await openstack(`server create ${common} --volume system from-volume`);
    await reachable('from-image');
    await reachable('from-volume');
    const { id } = await untilVolume('system', 'in-use');
    expect(await inGuest('from-volume', 'cat /sys/block/vda/serial')).toContain(id.slice(0, 20));
    expect((await openstackJson<{ image: string }>('server show from-volume')).image).toMatch(/booted from volume/);
  });

  it('take a file from one server to another', async () => {
    await openstack('server add volume from-image data');
    const { id } = await untilVolume('data', 'in-use');
    await inGuest('from-image', asRoot(`mkfs.ext4 -q /dev/${disk(id)} && mkdir -p /mnt/data && mount /dev/${disk(id)} /mnt/data && echo precious > /mnt/data/file && umount /mnt/data`));
    await openstack('server remove volume from-image data');
    await untilVolume('data', 'available');
    expect(await inGuest('from-image', 'cat /proc/partitions')).not.toContain('vdb');
    await openstack('server add volume from-volume data');
    await untilVolume('data', 'in-use');
    expect(await inGuest('from-volume', asRoot(`mkdir -p /mnt/data && mount /dev/${disk(id)} /mnt/data && cat /mnt/data/file`))).toContain('precious');
  });

  it('grow while a guest has them mounted', async () => {
    const { id } = await untilVolume('data', 'in-use');
    await openstack(`${ATTACHED_GROWTH} volume set --size 2 data`);
    await eventually('2 GiB in the guest', 60, async () => {
      const sectors = Number(await inGuest('from-volume', `cat /sys/block/${disk(id)}/size`));
      return sectors === 2 * 2 ** 30 / 512 ? true : undefined;
    });
    expect(await inGuest('from-volume', 'cat /mnt/data/file')).toContain('precious');
  });

  it('are there after the server was off', async () => {
    const { id } = await untilVolume('data', 'in-use');
    await openstack('server stop from-volume');
    await untilServer('from-volume', 'SHUTOFF');
    await openstack('server start from-volume');
    await untilServer('from-volume', 'ACTIVE');
    expect(await inGuest('from-volume', asRoot(`mkdir -p /mnt/data && mount /dev/${disk(id)} /mnt/data && cat /mnt/data/file`))).toContain('precious');
  });

  it('give their place to another while a guest writes to them', async () => {
    const { id: old } = await untilVolume('data', 'in-use');
    await openstack('volume create --size 3 newer');
    const { id: next } = await untilVolume('newer', 'available');
    const { id: server } = await openstackJson<{ id: string }>('server show from-volume');
    await inGuest('from-volume', asRoot(`echo before > /mnt/data/swapped; (while sleep 0.2; do date +%s%N >> /mnt/data/log; sync; done) >/dev/null 2>&1 &`));
    await swapVolumes(server, old, next);
    await Promise.all([untilVolume('data', 'available'), untilVolume('newer', 'in-use')]);
    await eventually('3 GiB in the guest', 60, async () => (await inGuest('from-volume', 'cat /proc/partitions')).includes('3145728') || undefined);
    await inGuest('from-volume', asRoot('echo after >> /mnt/data/swapped; killall sleep; sync; umount -l /mnt/data'));
    await openstack('server stop from-volume');
    await untilServer('from-volume', 'SHUTOFF');
    await openstack('server start from-volume');
    await untilServer('from-volume', 'ACTIVE');
    const read = await inGuest('from-volume', asRoot(`mkdir -p /mnt/data && mount /dev/${disk(next)} /mnt/data && cat /mnt/data/file /mnt/data/swapped && wc -l /mnt/data/log`));
    expect(read.split('\n').map((line) => line.trim()).slice(0, 3)).toEqual(['precious', 'before', 'after']);
    await openstack('server remove volume from-volume newer');
    await untilVolume('newer', 'available');
    await openstack('volume delete newer');
  });

  it('are not needed for an image of a running server, which boots with what the disk held', async () => {
    await inGuest('from-image', asRoot('echo kept > /var/kept; sync'));
    await openstack('server image create --name golden --wait from-image');
    expect(await openstackJson('image show golden')).toMatchObject({ status: 'active', disk_format: 'qcow2' });
    await openstack('server create --flavor m1.nano --network private --security-group volume-guests --key-name volume-key --image golden again');
    await reachable('again');
    expect(await inGuest('again', 'cat /var/kept')).toContain('kept');
    await openstack('server delete again');
    await untilGone('again');
    await openstack('image delete golden');
  });

  it('are free when their servers are gone, and nothing of them is left', async () => {
    await openstack('server delete from-image from-volume');
    await Promise.all(['from-image', 'from-volume'].map((name) => untilGone(name, 'demo', 120)));
    await Promise.all([untilVolume('data', 'available'), untilVolume('system', 'available')]);
    await openstack('volume delete data system');
    await eventually('no volumes', 60, async () => ((await openstackJson<unknown[]>('volume list')).length === 0 ? true : undefined));
    for (const address of addresses.values()) await openstack(`floating ip delete ${address}`);
    await openstack('security group delete volume-guests');
    await openstack('keypair delete volume-key');
    await eventually('no trace', 30, async () => {
      expect(await traces()).toEqual(noTraces);
      return true;
    });
  });
});

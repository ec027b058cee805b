import { ServerVolumes } from './apis.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openstack, openstackJson, untilGone, untilServer, volumeDirectories as directories } from './cloud.js';
import { diskOf, Guests, untilVolume } from './guests.js';
import { noTraces, traces } from './leftovers.js';
import { eventually } from './shell.js';

/** Volumes that somebody has grow since this version. */
const ATTACHED_GROWTH = '--os-volume-api-version 3.42';
/** What is plugged in later may have a tag since this version. */
const TAGS = '--os-compute-api-version 2.49';

/** Where an operator sees the volume. */
const hostOf = async (volume: string): Promise<string | undefined> => (await openstackJson<Record<string, string>>(`volume show ${volume}`, 'admin'))['os-vol-host-attr:host'];

/** It is on this backend, in use, and the other keeps nothing of it. */
async function untilMoved(volume: string, backend: string): Promise<void> {
  await eventually(`volume on ${backend}`, 60, async () => {
    const shown = await openstackJson<{ migration_status: string; status: string }>(`volume show ${volume}`, 'admin');
    if (shown.migration_status === 'error') throw new Error('The volume has not moved.');
    return shown.migration_status === 'success' && shown.status === 'in-use' ? true : undefined;
  });
  expect(await hostOf(volume)).toBe(`test-host@${backend}#${backend}`);
  const kept = Object.entries(directories).filter(([, directory]) => existsSync(join(directory, 'volumes', `${volume}.json`))).map(([name]) => name);
  expect(kept).toEqual([backend]);
}

describe('volumes, by the stock client', () => {
  const guests = new Guests('volume');
  /** For what only block storage, or an administrator, asks, or what is newer than the client. */
  const compute = new ServerVolumes();
  afterAll(() => guests.forgetKey());

  it('are made, and a server boots from one', async () => {
    await guests.prepare();
    await openstack('volume create --size 1 data');
    await openstack('volume create --size 1 --image virga-linux --bootable system');
    await Promise.all([untilVolume('data', 'available'), untilVolume('system', 'available')]);
    const common = `--flavor m1.nano ${guests.options}`;
    await openstack(`server create ${common} --image virga-linux from-image`);
    await openstack(`server create ${common} --volume system from-volume`);
    await guests.reach('from-image');
    await guests.reach('from-volume');
    const { id } = await untilVolume('system', 'in-use');
    expect(await guests.run('from-volume', 'cat /sys/block/vda/serial')).toContain(id.slice(0, 20));
    expect((await openstackJson<{ image: string }>('server show from-volume')).image).toMatch(/booted from volume/);
  });

  it('and interfaces are found by their tags in a guest, while it has them', async () => {
    await openstack('network create aside');
    await openstack('subnet create --network aside --subnet-range 10.77.0.0/24 aside');
    await openstack(`${TAGS} server add network --tag nic-tag from-image aside`);
    await openstack(`${TAGS} server add volume --tag volume-tag from-image data`);
    const { id } = await untilVolume('data', 'in-use');
    const disk = (await guests.run('from-image', `echo ${diskOf(id)}`)).trim();
    // The second interface's network has a gateway as well, which leads nowhere: the guest is still reached through the first.
    const mac = (await guests.run('from-image', 'until ip -4 address show dev eth1 | grep -q 10.77.0; do usleep 200000; done; cat /sys/class/net/eth1/address')).trim();
    expect(await guests.devices('from-image')).toEqual([
      { type: 'nic', bus: 'pci', address: await guests.pciAddress('from-image', 'net/eth1'), mac, tags: ['nic-tag'] },
      { type: 'disk', bus: 'pci', address: await guests.pciAddress('from-image', `block/${disk}`), serial: id, path: '/dev/vdb', tags: ['volume-tag'] },
    ]);
    await openstack('server remove network from-image aside');
    await eventually('one device', 30, async () => ((await guests.devices('from-image')).map(({ type }) => type).join() === 'disk' ? true : undefined));
    await openstack('network delete aside');
  });

  it('take a file from one server to another', async () => {
    const { id } = await untilVolume('data', 'in-use');
    await guests.runAsRoot('from-image', `mkfs.ext4 -q /dev/${diskOf(id)} && mkdir -p /mnt/data && mount /dev/${diskOf(id)} /mnt/data && echo precious > /mnt/data/file && umount /mnt/data`);
    await openstack('server remove volume from-image data');
    await untilVolume('data', 'available');
    expect(await guests.run('from-image', 'cat /proc/partitions')).not.toContain('vdb');
    expect(await guests.devices('from-image')).toEqual([]);
    await openstack(`${TAGS} server add volume --tag data from-volume data`);
    await untilVolume('data', 'in-use');
    expect(await guests.runAsRoot('from-volume', `mkdir -p /mnt/data && mount /dev/${diskOf(id)} /mnt/data && cat /mnt/data/file`)).toContain('precious');
  });

  it('grow while a guest has them mounted', async () => {
    const { id } = await untilVolume('data', 'in-use');
    await openstack(`${ATTACHED_GROWTH} volume set --size 2 data`);
    await eventually('2 GiB in the guest', 60, async () => {
      const sectors = Number(await guests.run('from-volume', `cat /sys/block/${diskOf(id)}/size`));
      return sectors === 2 * 2 ** 30 / 512 ? true : undefined;
    });
    expect(await guests.run('from-volume', 'cat /mnt/data/file')).toContain('precious');
  });

  it('are there after the server was off', async () => {
    const { id } = await untilVolume('data', 'in-use');
    await openstack('server stop from-volume');
    await untilServer('from-volume', 'SHUTOFF');
    await openstack('server start from-volume');
    await untilServer('from-volume', 'ACTIVE');
    expect(await guests.runAsRoot('from-volume', `mkdir -p /mnt/data && mount /dev/${diskOf(id)} /mnt/data && cat /mnt/data/file`)).toContain('precious');
    expect(await guests.devices('from-volume')).toMatchObject([{ bus: 'pci', address: await guests.pciAddress('from-volume', `block/${diskOf(id)}`), serial: id, tags: ['data'] }]);
  });

  it('give their place to another while a guest writes to them', async () => {
    const { id: old } = await untilVolume('data', 'in-use');
    await openstack('volume create --size 3 newer');
    const { id: next } = await untilVolume('newer', 'available');
    const { id: server } = await openstackJson<{ id: string }>('server show from-volume');
    await guests.runAsRoot('from-volume', `echo before > /mnt/data/swapped; (while sleep 0.2; do date +%s%N >> /mnt/data/log; sync; done) >/dev/null 2>&1 &`);
    await compute.prepare('admin');
    await compute.swap(server, old, next);
    await Promise.all([untilVolume('data', 'available'), untilVolume('newer', 'in-use')]);
    // It shows all of itself at once, and grows on.
    await eventually('3 GiB in the guest', 30, async () => ((await guests.run('from-volume', 'cat /proc/partitions')).includes(' 3145728 ') ? true : undefined));
    await openstack(`${ATTACHED_GROWTH} volume set --size 4 newer`);
    await eventually('4 GiB in the guest', 30, async () => ((await guests.run('from-volume', 'cat /proc/partitions')).includes(' 4194304 ') ? true : undefined));
    await guests.runAsRoot('from-volume', 'echo after >> /mnt/data/swapped; killall sleep; sync; umount -l /mnt/data');
    await openstack('server stop from-volume');
    await untilServer('from-volume', 'SHUTOFF');
    await openstack('server start from-volume');
    await untilServer('from-volume', 'ACTIVE');
    const read = await guests.runAsRoot('from-volume', `mkdir -p /mnt/data && mount /dev/${diskOf(next)} /mnt/data && cat /mnt/data/file /mnt/data/swapped && wc -l /mnt/data/log`);
    expect(read.split('\n').map((line) => line.trim()).slice(0, 3)).toEqual(['precious', 'before', 'after']);
    await openstack('server remove volume from-volume newer');
    await untilVolume('newer', 'available');
    await openstack('volume delete newer');
  });

  it('move to another disk and back while a guest writes to them', async () => {
    await openstack('server add volume from-volume data');
    const { id } = await untilVolume('data', 'in-use');
    const [from, to] = (await hostOf(id)) === 'test-host@file#file' ? ['file', 'second'] : ['second', 'file'];
    await guests.runAsRoot('from-volume', `mount /dev/${diskOf(id)} /mnt/data && rm -f /mnt/data/log; (n=0; while [ ! -e /mnt/data/stop ]; do n=$((n+1)); echo $n >> /mnt/data/log; sync; done) >/dev/null 2>&1 &`);
    await openstack(`volume migrate --host test-host@${to}#${to} ${id}`, 'admin');
    await untilMoved(id, to);
    await openstack(`volume type create --property volume_backend_name=${from} there`, 'admin');
    const before = await guests.run('from-volume', 'wc -l < /mnt/data/log');
    await openstack('volume set --type there --retype-policy on-demand data');
    await untilMoved(id, from);
    // It has written all the time, and whatever it has written is there: in the cache, and on the disk.
    await guests.runAsRoot('from-volume', `touch /mnt/data/stop; sleep 1; umount /mnt/data; echo 3 > /proc/sys/vm/drop_caches; mount /dev/${diskOf(id)} /mnt/data; rm /mnt/data/stop`);
    const lines = Number(await guests.run('from-volume', 'wc -l < /mnt/data/log'));
    expect(lines).toBeGreaterThan(Number(before));
    expect((await guests.run('from-volume', `cat /mnt/data/file; seq ${lines} | cmp - /mnt/data/log && echo whole`)).trim()).toBe('precious\nwhole');
    await guests.runAsRoot('from-volume', 'umount /mnt/data');
    await openstack('server remove volume from-volume data');
    await untilVolume('data', 'available');
    await openstack('volume set --type __DEFAULT__ data');
    await openstack('volume type delete there', 'admin');
  });

  it('are not needed for an image of a running server, which boots with what the disk held', async () => {
    await guests.runAsRoot('from-image', 'echo kept > /var/kept; sync');
    await openstack('server image create --name golden --wait from-image');
    expect(await openstackJson('image show golden')).toMatchObject({ status: 'active', disk_format: 'qcow2' });
    await openstack(`server create --flavor m1.nano ${guests.options} --image golden again`);
    await guests.reach('again');
    expect(await guests.run('again', 'cat /var/kept')).toContain('kept');
    await openstack('server delete again');
    await untilGone('again');
  });

  it('begin anew from an image when their server is rebuilt, also after that failed once', async () => {
    const { id } = await untilVolume('system', 'in-use');
    await guests.runAsRoot('from-volume', 'echo lost > /var/lost; sync');
    const server = (await openstack('server show -f value -c id from-volume')).trim();
    const [golden, stock] = [(await openstack('image show -f value -c id golden')).trim(), (await openstack('image show -f value -c id virga-linux')).trim()];
    await compute.rebuild(server, golden);
    // Before the guest is gone, so before anybody reads it.
    await compute.deleteImage(golden);
    expect((await untilServer('from-volume', 'ERROR')).fault).toMatchObject({ message: expect.stringMatching(/image/i) as string });
    await compute.rebuild(server, stock);
    await untilServer('from-volume', 'ACTIVE');
    const serial = await guests.run('from-volume', 'cat /sys/block/vda/serial');
    expect(serial).toContain(id.slice(0, 20));
    expect(await guests.run('from-volume', 'ls /var')).not.toMatch(/lost|kept/);
    await untilVolume('system', 'in-use');
  });

  it('are free when their servers are gone, and nothing of them is left', async () => {
    await openstack('server delete from-image from-volume');
    await Promise.all(['from-image', 'from-volume'].map((name) => untilGone(name, 'demo', 120)));
    await Promise.all([untilVolume('data', 'available'), untilVolume('system', 'available')]);
    await openstack('volume delete data system');
    await eventually('no volumes', 60, async () => ((await openstackJson<unknown[]>('volume list')).length === 0 ? true : undefined));
    await guests.remove();
    await eventually('no trace', 30, async () => {
      expect(await traces()).toEqual(noTraces);
      return true;
    });
  });
});

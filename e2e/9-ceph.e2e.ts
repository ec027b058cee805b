import { CephBackend } from './ceph.js';
import { openstack, openstackJson, untilGone } from './cloud.js';
import { diskOf, Guests, untilStatus, untilVolume } from './guests.js';
import { eventually } from './shell.js';

/** Volumes that somebody has grow since this version. */
const ATTACHED_GROWTH = '--os-volume-api-version 3.42';
const MEBIBYTE = 2 ** 20;

describe('volumes in a Ceph cluster, by the stock client', () => {
  const guests = new Guests('ceph');
  let ceph: CephBackend | undefined;
  /** What the disk of the volume `data` holds, by the guest's own sum. */
  let sum = '';

  beforeAll(async () => {
    ceph = await CephBackend.added();
    await eventually('the pool a backend', 60, async () => ((await openstack('volume service list', 'admin')).includes('@ssd') ? true : undefined));
    await openstack('volume type create ssd --property volume_backend_name=ssd', 'admin');
    await openstack('volume type create local --property volume_backend_name=file', 'admin');
    await openstack('volume type create ssd-secret --property volume_backend_name=ssd --encryption-provider luks --encryption-cipher aes-xts-plain64 --encryption-key-size 256 --encryption-control-location front-end', 'admin');
  });
  afterAll(async () => {
    guests.forgetKey();
    await ceph?.remove();
  });

  async function attached(server: string, volume: string): Promise<string> {
    await openstack(`server add volume ${server} ${volume}`);
    return `/dev/${diskOf((await untilVolume(volume, 'in-use')).id)}`;
  }

  async function detached(server: string, volume: string): Promise<void> {
    await openstack(`server remove volume ${server} ${volume}`);
    await untilVolume(volume, 'available');
  }

  async function moved(type: string, host: string): Promise<void> {
    await openstack(`volume set --type ${type} --retype-policy on-demand data`);
    await eventually(`data on ${host}`, 120, async () => {
      const shown = await openstackJson<Record<string, string>>('volume show data', 'admin');
      return shown['status'] === 'available' && shown['os-vol-host-attr:host']?.endsWith(host) ? true : undefined;
    });
  }

  it('boot servers, one from an image and one from its copy', async () => {
    await guests.prepare();
    await openstack('volume create --type ssd --size 1 --image virga-linux --bootable origin');
    await openstack('volume create --type ssd --size 1 data');
    await openstack('volume create --type ssd-secret --size 1 hidden');
    await untilVolume('origin', 'available');
    await openstack('volume create --source origin copy');
    await untilVolume('copy', 'available');
    await openstack(`server create --flavor m1.nano ${guests.options} --volume origin first`);
    await openstack(`server create --flavor m1.nano ${guests.options} --volume copy second`);
    await guests.reach('first');
    await guests.reach('second');
  });

  it('grow and are snapshotted while a guest has them, and take what it wrote to another', async () => {
    const disk = await attached('first', 'data');
    await guests.runAsRoot('first', `mkfs.ext4 -q ${disk} && mkdir -p /mnt/data && mount ${disk} /mnt/data && echo precious > /mnt/data/file && sync`);
    await openstack('volume snapshot create --force --volume data before');
    await untilStatus('volume snapshot show before', 'available');
    await guests.runAsRoot('first', 'echo later > /mnt/data/file; umount /mnt/data');
    await openstack(`${ATTACHED_GROWTH} volume set --size 2 data`);
    await eventually('2 GiB in the guest', 60, async () => ((await guests.run('first', 'cat /proc/partitions')).includes('2097152') ? true : undefined));
    await detached('first', 'data');
    await openstack('volume create --snapshot before as-before');
    await untilVolume('as-before', 'available');
    const [now, then] = [await attached('second', 'data'), await attached('second', 'as-before')];
    const reading = [now, then].map((each, index) => `mkdir -p /mnt/${index} && mount ${each} /mnt/${index} && cat /mnt/${index}/file && umount /mnt/${index}`).join(' && ');
    expect((await guests.runAsRoot('second', reading)).split('\n').filter(Boolean)).toEqual(['later', 'precious']);
    sum = await guests.runAsRoot('second', `md5sum < ${now}`);
    await detached('second', 'data');
  });

  it('keep no plain text in the pool where they are encrypted', async () => {
    await guests.runAsRoot('second', `yes sesame-in-the-light | head -c ${MEBIBYTE} > ${`/dev/${diskOf((await untilVolume('as-before', 'in-use')).id)}`}; sync`);
    const disk = await attached('second', 'hidden');
    await guests.runAsRoot('second', `yes sesame-in-the-dark | head -c ${MEBIBYTE} > ${disk}; sync`);
    // What can be found proves that looking finds.
    expect(await ceph?.holds('sesame-in-the-light')).toBe(true);
    expect(await ceph?.holds('sesame-in-the-dark')).toBe(false);
    await detached('second', 'hidden');
    expect(await guests.runAsRoot('first', `head -c 18 ${await attached('first', 'hidden')}`)).toBe('sesame-in-the-dark');
  });

  it('move out of the cluster and back, and hold what they held', async () => {
    await openstack('volume snapshot delete before');
    await eventually('no snapshots', 60, async () => ((await openstackJson<unknown[]>('volume snapshot list')).length === 0 ? true : undefined));
    await moved('local', '@file#file');
    await moved('ssd', '@ssd#ssd');
    expect(await guests.runAsRoot('second', `md5sum < ${await attached('second', 'data')}`)).toBe(sum);
  });

  it('leave nothing in it', async () => {
    await openstack('server delete first second');
    await Promise.all(['first', 'second'].map((name) => untilGone(name, 'demo', 120)));
    for (const name of ['origin', 'copy', 'data', 'as-before', 'hidden']) await untilVolume(name, 'available');
    await openstack('volume delete origin copy data as-before hidden');
    await eventually('no volumes', 60, async () => ((await openstackJson<unknown[]>('volume list')).length === 0 ? true : undefined));
    await openstack('volume type delete ssd local ssd-secret', 'admin');
    await guests.remove();
    await eventually('no trace in the cluster', 60, async () => {
      expect(await ceph?.traces()).toEqual([]);
      return true;
    });
  });
});

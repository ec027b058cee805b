import { CephBackend } from './ceph.js';
import { openstack, openstackJson, untilGone } from './cloud.js';
import { diskOf, Guests, untilStatus, untilVolume } from './guests.js';
import { eventually } from './shell.js';

/** Volumes that somebody has grow since this version. */
const ATTACHED_GROWTH = '--os-volume-api-version 3.42';
const MEBIBYTE = 2 ** 20;
const ENCRYPTED = '--encryption-provider luks --encryption-cipher aes-xts-plain64 --encryption-key-size 256 --encryption-control-location front-end';

/** Short, since each machine that checks this waits for it: disks that servers boot from are plain, the one that all is done to is encrypted. */
describe('volumes in a Ceph cluster, by the stock client', () => {
  const guests = new Guests('ceph');
  let ceph: CephBackend | undefined;

  beforeAll(async () => {
    ceph = await CephBackend.added();
    await eventually('the pool a backend', 60, async () => ((await openstack('volume service list', 'admin')).includes('@ssd') ? true : undefined));
    await openstack('volume type create ssd --property volume_backend_name=ssd', 'admin');
    await openstack(`volume type create ssd-secret --property volume_backend_name=ssd ${ENCRYPTED}`, 'admin');
    await openstack(`volume type create local-secret --property volume_backend_name=file ${ENCRYPTED}`, 'admin');
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

  it('boot servers, one from an image and one from its copy', async () => {
    await guests.prepare();
    await openstack('volume create --type ssd --size 1 --image virga-linux --bootable origin');
    await openstack('volume create --type ssd-secret --size 1 data');
    await untilVolume('origin', 'available');
    await openstack('volume create --source origin copy');
    await untilVolume('copy', 'available');
    await openstack(`server create --flavor m1.nano ${guests.options} --volume origin first`);
    await openstack(`server create --flavor m1.nano ${guests.options} --volume copy second`);
    await guests.reach('first');
    await guests.reach('second');
  });

  it('keep no plain text where they are encrypted, and grow and are snapshotted while a guest writes', async () => {
    const disk = await attached('first', 'data');
    const fill = (text: string, file: string): string => `yes ${text} | head -c ${MEBIBYTE} > ${file}`;
    await guests.runAsRoot('first', `mkfs.ext4 -q ${disk} && mkdir -p /mnt/data && mount ${disk} /mnt/data && ${fill('sesame-in-the-dark', '/mnt/data/file')} && ${fill('sesame-in-the-light', '/var/file')}; sync`);
    // What can be found proves that looking finds.
    expect(await ceph?.holds('sesame-in-the-light')).toBe(true);
    expect(await ceph?.holds('sesame-in-the-dark')).toBe(false);
    await openstack('volume snapshot create --force --volume data before');
    await untilStatus('volume snapshot show before', 'available');
    await guests.runAsRoot('first', 'echo later > /mnt/data/file; umount /mnt/data');
    await openstack(`${ATTACHED_GROWTH} volume set --size 2 data`);
    await eventually('2 GiB in the guest', 60, async () => ((await guests.run('first', 'cat /proc/partitions')).includes('2097152') ? true : undefined));
    await detached('first', 'data');
  });

  it('take what a guest wrote to another, from where they were and from out of the cluster', async () => {
    await openstack('volume create --snapshot before as-before');
    await untilVolume('as-before', 'available');
    await openstack('volume snapshot delete before');
    await eventually('no snapshots', 60, async () => ((await openstackJson<unknown[]>('volume snapshot list')).length === 0 ? true : undefined));
    await openstack('volume set --type local-secret --retype-policy on-demand data');
    await eventually('data out of the cluster', 120, async () => {
      const shown = await openstackJson<Record<string, string>>('volume show data', 'admin');
      return shown['status'] === 'available' && shown['os-vol-host-attr:host']?.endsWith('@file#file') ? true : undefined;
    });
    const [now, then] = [await attached('second', 'data'), await attached('second', 'as-before')];
    const reading = [now, then].map((each, index) => `mkdir -p /mnt/${index} && mount ${each} /mnt/${index} && head -n 1 /mnt/${index}/file && umount /mnt/${index}`).join(' && ');
    expect((await guests.runAsRoot('second', reading)).split('\n').filter(Boolean)).toEqual(['later', 'sesame-in-the-dark']);
  });

  it('leave nothing in it', async () => {
    await openstack('server delete first second');
    await Promise.all(['first', 'second'].map((name) => untilGone(name, 'demo', 120)));
    for (const name of ['origin', 'copy', 'data', 'as-before']) await untilVolume(name, 'available');
    await openstack('volume delete origin copy data as-before');
    await eventually('no volumes', 60, async () => ((await openstackJson<unknown[]>('volume list')).length === 0 ? true : undefined));
    await openstack('volume type delete ssd ssd-secret local-secret', 'admin');
    await guests.remove();
    await eventually('no trace in the cluster', 60, async () => {
      expect(await ceph?.traces()).toEqual([]);
      return true;
    });
  });
});

import { openstack, openstackJson, tryOpenstack, untilGone, volumeDirectories } from './cloud.js';
import { diskOf, Guests, untilStatus, untilVolume } from './guests.js';
import { layers } from './leftovers.js';
import { attempt, eventually } from './shell.js';

const MEBIBYTE = 2 ** 20;

/** Where a guest has the volume. */
const device = (volume: string): string => `/dev/${diskOf(volume)}`;

describe('care for volumes, by the stock client', () => {
  const guests = new Guests('care');
  afterAll(() => guests.forgetKey());

  async function attached(volume: string): Promise<string> {
    await openstack(`server add volume keeper ${volume}`);
    return device((await untilVolume(volume, 'in-use')).id);
  }

  async function detached(volume: string): Promise<void> {
    await openstack(`server remove volume keeper ${volume}`);
    await untilVolume(volume, 'available');
  }

  /** Writes the text again and again to the beginning of a disk, past the guest's cache. */
  const fill = (to: string, text: string): Promise<string> => guests.runAsRoot('keeper', `yes ${text} | head -c ${MEBIBYTE} > ${to}; sync`);

  it('boots a server from a copy of a snapshot', async () => {
    await guests.prepare();
    await openstack('volume create --size 1 --image virga-linux --bootable origin');
    await untilVolume('origin', 'available');
    await openstack('volume snapshot create --volume origin before');
    await untilStatus('volume snapshot show before', 'available');
    await openstack('volume create --snapshot before copy');
    await untilVolume('copy', 'available');
    await openstack(`server create --flavor m1.nano ${guests.options} --volume copy keeper`);
    await guests.reach('keeper');
  });

  it('brings back from a backup what was lost', async () => {
    await openstack('volume create --size 1 kept');
    await untilVolume('kept', 'available');
    await fill(await attached('kept'), 'precious');
    await openstack('volume backup create --force --name whole kept');
    await untilStatus('volume backup show whole', 'available');
    const to = device((await untilVolume('kept', 'in-use')).id);
    await guests.runAsRoot('keeper', `echo later | dd of=${to} bs=1M seek=64 conv=notrunc; sync`);
    await openstack('volume backup create --force --incremental --name change kept');
    await untilStatus('volume backup show change', 'available');
    await fill(to, 'damaged');
    await detached('kept');
    // Version 6.0 of the client, Debian's, has asked for it when it fails to print the answer.
    await tryOpenstack('volume backup restore --force change kept');
    await untilVolume('kept', 'available');
    const from = await attached('kept');
    expect(await guests.runAsRoot('keeper', `head -c 8 ${from}`)).toBe('precious');
    expect(await guests.runAsRoot('keeper', `dd if=${from} bs=1M skip=64 count=1 | head -c 5`)).toBe('later');
    await detached('kept');
  });

  it('keeps no plain text of an encrypted volume', async () => {
    await openstack('volume type create secret --encryption-provider luks --encryption-cipher aes-xts-plain64 --encryption-key-size 256 --encryption-control-location front-end', 'admin');
    await openstack('volume create --size 1 --type secret hidden');
    await openstack('volume create --size 1 shown');
    await Promise.all([untilVolume('hidden', 'available'), untilVolume('shown', 'available')]);
    await fill(await attached('hidden'), 'sesame-in-the-dark');
    await fill(await attached('shown'), 'sesame-in-the-light');
    const found = (text: string): Promise<{ code: number }> => attempt('grep', ['-rqaF', text, ...Object.values(volumeDirectories)]);
    // What can be found proves that looking finds.
    expect((await found('sesame-in-the-light')).code).toBe(0);
    expect((await found('sesame-in-the-dark')).code).toBe(1);
    await Promise.all([detached('hidden'), detached('shown')]);
    expect(await guests.runAsRoot('keeper', `head -c 18 ${await attached('hidden')}`)).toBe('sesame-in-the-dark');
    await detached('hidden');
  });

  it('holds a volume to the limits of its type', async () => {
    await openstack(`volume qos create slow --consumer front-end --property total_bytes_sec=${MEBIBYTE}`, 'admin');
    await openstack('volume type create slow', 'admin');
    await openstack('volume qos associate slow slow', 'admin');
    await openstack('volume create --size 1 --type slow crawling');
    await untilVolume('crawling', 'available');
    const from = await attached('crawling');
    const seconds = Number(await guests.runAsRoot('keeper', `a=$(cut -d. -f1 /proc/uptime); dd if=${from} of=/dev/null bs=1M count=10; b=$(cut -d. -f1 /proc/uptime); echo $((b-a))`));
    // Ten mebibytes at one a second, less what may be had at once.
    expect(seconds).toBeGreaterThanOrEqual(7);
    await detached('crawling');
  });

  it('leaves nothing', async () => {
    await openstack('server delete keeper');
    await untilGone('keeper', 'demo', 120);
    await untilVolume('copy', 'available');
    await openstack('volume backup delete change');
    await eventually('one backup', 60, async () => ((await openstackJson<unknown[]>('volume backup list')).length === 1 ? true : undefined));
    await openstack('volume backup delete whole');
    await eventually('no backups', 60, async () => ((await openstackJson<unknown[]>('volume backup list')).length === 0 ? true : undefined));
    // Their objects are gone with them, so that it is empty.
    await openstack('container delete volumebackups');
    await openstack('volume snapshot delete before');
    await openstack('volume delete origin copy kept hidden shown crawling');
    await eventually('no volumes', 60, async () => ((await openstackJson<unknown[]>('volume list')).length === 0 ? true : undefined));
    await openstack('volume type delete secret slow', 'admin');
    await openstack('volume qos delete slow', 'admin');
    await guests.remove();
    // The points of backups go by themselves.
    await eventually('no layers', 60, async () => ((await layers()) === '' ? true : undefined));
  });
});

import { BlockStorage, ServerVolumes, type Volume } from './apis.js';
import { openstack, openstackJson, processes, stateDirectory, untilServer } from './cloud.js';
import { layers, noTraces, traces } from './leftovers.js';
import { attempt, eventually } from './shell.js';

/** The QEMU process that exports volumes to guests. */
const EXPORTER = 'qemu-storage-daemon';
/** Those through which the operations on a volume go. */
const VICTIMS = ['virga-storage-agent', EXPORTER, 'virga-compute-agent', 'virga-block-storage', 'virga-compute'];
/** After how many milliseconds of work each is killed. */
const DELAYS = [50, 250, 700];

/** Its process, once it is there again. */
function pidOf(victim: string): Promise<number> {
  return eventually(`${victim} running`, 60, async () => {
    if (victim !== EXPORTER) return (await processes()).find(({ name, health }) => name === victim && health === 'healthy')?.pid;
    const { output } = await attempt('pgrep', ['-f', `^${EXPORTER} .*${stateDirectory}`]);
    return output === '' ? undefined : Number(output.split('\n')[0]);
  });
}

describe('kill -9 while volumes are worked on', () => {
  const volumes = new BlockStorage();
  const servers = new ServerVolumes();
  let holder = '';
  /** What is copied; what grows and is snapshotted; what the server gets and gives back; what it keeps, and is backed up. */
  let [seed, growing, moving, anchor] = ['', '', '', ''];

  /** Everything that a user can see has ended, and well. */
  async function untilSettled(): Promise<void> {
    await eventually('everything settled', 180, async () => {
      const unsettled = (await volumes.everything()).filter(({ status }) => status !== 'available' && status !== 'in-use');
      if (unsettled.length > 0) throw new Error(unsettled.map(({ id, status }) => `${id} ${status}`).join(', '));
      return true;
    });
  }

  /** A bit of everything at once. What was not accepted, because nobody answered, is no loss. */
  async function work(present: readonly Volume[]): Promise<void> {
    const find = (id: string): Volume | undefined => present.find((volume) => volume.id === id);
    const spare = present.find(({ id, status }) => status === 'available' && ![seed, growing, moving, anchor].includes(id));
    await Promise.allSettled([
      volumes.create({ size: 1 }), volumes.create({ size: 1, source_volid: seed }), volumes.snapshot(growing), volumes.backUp(anchor),
      volumes.extend(growing, (find(growing)?.size ?? 0) + 1),
      find(moving)?.status === 'in-use' ? servers.detach(holder, moving) : servers.attach(holder, moving),
      ...(spare === undefined ? [] : [volumes.delete(spare.id)]),
    ]);
  }

  it('has a server, and volumes to work on', async () => {
    await openstack('quota set --volumes 100 --snapshots 100 --backups 100 demo', 'admin');
    await openstack('server create --flavor m1.nano --image virga-linux --network private holder');
    holder = (await untilServer('holder', 'ACTIVE')).id;
    await Promise.all([volumes.prepare(), servers.prepare()]);
    const [first = '', second = '', third = '', fourth = ''] = await Promise.all([1, 2, 3, 4].map(() => volumes.create({ size: 1 })));
    [seed, growing, moving, anchor] = [first, second, third, fourth];
    await untilSettled();
    await servers.attach(holder, anchor);
    await untilSettled();
  });

  it.each(VICTIMS)('loses nothing and leaves nothing stuck: %s', async (victim) => {
    for (const delay of DELAYS) {
      const [pid, present] = [await pidOf(victim), await volumes.list()];
      const working = work(present);
      await new Promise<void>((resolve) => { setTimeout(resolve, delay); });
      process.kill(pid, 'SIGKILL');
      await working;
      await untilSettled();
    }
  }, 600_000);

  it('leaves nothing behind', async () => {
    await pidOf('virga-compute');
    await openstack('server delete holder');
    await eventually('nothing attached', 120, async () => ((await volumes.list()).every(({ status }) => status === 'available') ? true : undefined));
    await volumes.deleteAll();
    await eventually('no layers', 120, async () => ((await layers()) === '' ? true : undefined));
    await eventually('no trace', 60, async () => {
      expect(await traces()).toEqual(noTraces);
      return true;
    });
    const limits = await openstackJson<{ Name: string; Value: number }[]>('limits show --absolute');
    const used = limits.filter(({ Name }) => /^total(Volumes|Gigabytes|Snapshots|Backups|BackupGigabytes)Used$/.test(Name));
    expect(Object.fromEntries(used.map(({ Name, Value }) => [Name, Value]))).toEqual({
      totalVolumesUsed: 0, totalGigabytesUsed: 0, totalSnapshotsUsed: 0, totalBackupsUsed: 0, totalBackupGigabytesUsed: 0,
    });
    await openstack('container delete volumebackups');
  });
});

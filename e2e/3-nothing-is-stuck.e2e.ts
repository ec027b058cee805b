import { Servers } from './apis.js';
import { openstack, openstackJson, processes, untilServer, type CloudProcess } from './cloud.js';
import { noTraces, traces } from './leftovers.js';
import { eventually } from './shell.js';

const COUNT = 3;
/** After how many milliseconds of work the victims are killed, in turn. */
const DELAYS = [30, 150, 300, 600];

/** The cloud answers again, with every process well. */
async function untilWell(): Promise<void> {
  await eventually('every process healthy', 120, async () => {
    const sick = (await processes()).filter(({ health }) => health !== 'healthy');
    if (sick.length > 0) throw new Error(sick.map(({ name, health }) => `${name}: ${health}`).join(', '));
    return true;
  });
}

describe('kill -9 while servers are being created', () => {
  const survivor = 'survivor';
  const servers = new Servers();

  /** Creates servers, kills the process in the middle of it, and answers how many were made when everything that was accepted has settled. */
  async function killDuringCreation(victim: CloudProcess, delay: number): Promise<number> {
    const creating = servers.create(victim.name, COUNT).catch(() => undefined);
    // So far into the request: what is under test is a death at any moment, and no state says that one has come.
    await new Promise<void>((resolve) => { setTimeout(resolve, delay); });
    process.kill(victim.pid, 'SIGKILL');
    await creating;
    await untilWell();
    const made = await eventually(`servers settled after ${victim.name} was killed`, 180, async () => {
      const all = await servers.named(victim.name);
      const unsettled = all.filter(({ status }) => status !== 'ACTIVE');
      if (unsettled.length > 0) throw new Error(unsettled.map(({ name, status }) => `${name} ${status}`).join(', '));
      return all;
    });
    await eventually(`servers gone after ${victim.name} was killed`, 60, async () => {
      const left = await servers.named(victim.name);
      for (const { id, status } of left) if (status === 'ACTIVE') await servers.delete(id);
      return left.length === 0 ? true : undefined;
    });
    return made.length;
  }

  it('has a server that must not notice', async () => {
    await servers.prepare();
    await openstack(`server create --flavor m1.nano --image virga-linux --network private ${survivor}`);
    await untilServer(survivor, 'ACTIVE');
  });

  it('loses nothing and leaves nothing stuck, whichever process dies', async () => {
    const victims = (await processes()).filter(({ name }) => name !== 'supervisor').map(({ name }) => name);
    const made: Record<string, number> = {};
    for (const [round, name] of victims.entries()) {
      // The death of one ends others too: each has the process id of now.
      const victim = (await processes()).find((one) => one.name === name);
      if (victim !== undefined) made[name] = await killDuringCreation(victim, DELAYS[round % DELAYS.length] as number);
    }
    expect(Object.keys(made)).toEqual(victims);
    // All of a request, or nothing of it; a victim without which the request is not understood lets few through.
    expect(Object.entries(made).filter(([, count]) => count !== 0 && count !== COUNT)).toEqual([]);
    expect(Object.values(made).filter((count) => count === COUNT).length).toBeGreaterThan(victims.length / 2);
    expect((await openstackJson<{ status: string }>(`server show ${survivor}`)).status).toBe('ACTIVE');
  }, 1_500_000);

  it('leaves nothing behind', async () => {
    await openstack(`server delete ${survivor}`);
    await eventually('no trace', 60, async () => {
      expect(await traces()).toEqual(noTraces);
      return true;
    });
  });
});

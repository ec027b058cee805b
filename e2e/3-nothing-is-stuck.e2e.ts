import { openstack, openstackJson, processes, untilServer, type CloudProcess } from './cloud.js';
import { noTraces, traces } from './leftovers.js';
import { attempt, eventually } from './shell.js';

const COUNT = 3;

interface Listed {
  ID: string;
  Name: string;
  Status: string;
}

/** The cloud answers again, with every process well. */
async function untilWell(): Promise<void> {
  await eventually('every process healthy', 120, async () => {
    const sick = (await processes()).filter(({ health }) => health !== 'healthy');
    if (sick.length > 0) throw new Error(sick.map(({ name, health }) => `${name}: ${health}`).join(', '));
    return true;
  });
}

async function serversNamed(prefix: string): Promise<Listed[]> {
  return (await openstackJson<Listed[]>('server list')).filter(({ Name }) => Name.startsWith(prefix));
}

/** Creates servers, kills the process in the middle of it, and waits until everything that was accepted has settled. */
async function killDuringCreation(victim: CloudProcess): Promise<void> {
  const creating = attempt('openstack', `server create --flavor m1.nano --image virga-linux --network private --min ${COUNT} --max ${COUNT} ${victim.name}`.split(' '), { env: { OS_CLOUD: 'demo' } });
  // The client needs about a second to get going; the request falls into this window.
  await eventually('servers being created', 20, async () => ((await serversNamed(victim.name).catch(() => [])).length > 0 ? true : undefined)).catch(() => undefined);
  process.kill(victim.pid, 'SIGKILL');
  await creating;
  await untilWell();
  await eventually(`servers settled after ${victim.name} was killed`, 180, async () => {
    const unsettled = (await serversNamed(victim.name)).filter(({ Status }) => Status !== 'ACTIVE');
    if (unsettled.length > 0) throw new Error(unsettled.map(({ Name, Status }) => `${Name} ${Status}`).join(', '));
    return true;
  });
  const made = await serversNamed(victim.name);
  if (made.length > 0) await openstack(`server delete ${made.map(({ ID }) => ID).join(' ')}`);
}

describe('kill -9 while servers are being created', () => {
  const survivor = 'survivor';

  it('has a server that must not notice', async () => {
    await openstack(`server create --flavor m1.nano --image virga-linux --network private ${survivor}`);
    await untilServer(survivor, 'ACTIVE');
  });

  it('loses nothing and leaves nothing stuck, whichever process dies', async () => {
    for (const { name } of (await processes()).filter(({ name }) => name !== 'supervisor')) {
      const victim = (await processes()).find((one) => one.name === name);
      if (victim !== undefined) await killDuringCreation(victim);
    }
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

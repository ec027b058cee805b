import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openstack, openstackJson, outside, processes, startCloud, untilServer, untilSsh } from './cloud.js';
import { noTraces, traces } from './leftovers.js';
import { eventually, run } from './shell.js';

const directory = mkdtempSync(join(tmpdir(), 'virga-e2e-'));
const key = join(directory, 'id');
const guest = 'outlives';

/** The data path itself: where the kernel has Open vSwitch's module, even this may be gone. */
const SWITCH = ['openvswitch', 'openvswitch-db'];

/** Kills everything but guests and the switch: the supervisor first, so that nothing is brought back. */
async function killTheCloud(): Promise<void> {
  const victims = (await processes()).filter(({ name }) => !SWITCH.includes(name));
  expect(victims.map(({ name }) => name)).toEqual(expect.arrayContaining(['supervisor', 'postgresql', 'rabbitmq', 'libvirtd', 'ovn-controller', 'virga-compute', 'virga-compute-agent']));
  victims.sort((one, other) => Number(other.name === 'supervisor') - Number(one.name === 'supervisor'));
  for (const { pid } of victims) process.kill(pid, 'SIGKILL');
  await eventually('every process gone', 30, () => Promise.resolve(victims.some(({ pid }) => isRunning(pid)) ? undefined : true));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a guest, while the whole cloud is dead', () => {
  let floatingIp = '';
  let web: ChildProcess | undefined;
  afterAll(() => {
    web?.kill();
    rmSync(directory, { recursive: true });
  });

  const bootId = (): Promise<string> => untilSsh(floatingIp, key, 'cat /proc/sys/kernel/random/boot_id');
  const reachesOut = (): Promise<string> => untilSsh(floatingIp, key, `wget -q -O - http://${outside.address}:8081/id.pub`, 60);

  it('is reached over its floating IP', async () => {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    web = spawn('ip', ['netns', 'exec', outside.namespace, 'python3', '-m', 'http.server', '8081', '--directory', directory], { stdio: 'ignore' });
    await openstack(`keypair create --public-key ${key}.pub outliving`);
    await openstack('security group create outliving');
    await openstack('security group rule create --protocol tcp --dst-port 22 outliving');
    await openstack(`server create --flavor m1.nano --image virga-linux --key-name outliving --security-group outliving --network private ${guest}`);
    await untilServer(guest, 'ACTIVE');
    floatingIp = (await openstackJson<{ floating_ip_address: string }>('floating ip create public')).floating_ip_address;
    await openstack(`server add floating ip ${guest} ${floatingIp}`);
    expect(await reachesOut()).toContain('ssh-ed25519');
  });

  it('runs on and keeps its network, in and out, and is what it was when the cloud is back', async () => {
    const boot = await bootId();
    await killTheCloud();
    expect(await bootId()).toBe(boot);
    expect(await reachesOut()).toContain('ssh-ed25519');

    await startCloud();
    expect(await bootId()).toBe(boot);
    expect(await untilServer(guest, 'ACTIVE')).toMatchObject({ addresses: { private: expect.arrayContaining([floatingIp]) as unknown } });
  });

  it('is deleted like any other afterwards', async () => {
    await openstack(`server delete ${guest}`);
    await openstack(`floating ip delete ${floatingIp}`);
    await eventually('no trace', 60, async () => {
      expect(await traces()).toEqual(noTraces);
      return true;
    });
    await openstack('security group delete outliving');
    await openstack('keypair delete outliving');
  });
});

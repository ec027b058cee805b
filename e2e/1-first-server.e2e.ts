import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestImage, openstack, openstackJson, outside, ssh, untilConsole, untilGone, untilServer, untilSsh } from './cloud.js';
import { noTraces, traces } from './leftovers.js';
import { eventually, run } from './shell.js';

const directory = mkdtempSync(join(tmpdir(), 'virga-e2e-'));
const key = join(directory, 'id');
const webServer = 'web-server-01';

/** Whether a TCP connection opens within three seconds. */
function opens(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port, timeout: 3_000 });
    const end = (isOpen: boolean) => (): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
  });
}

describe('the first server, by the stock client', () => {
  let floatingIp = '';
  let web: ChildProcess | undefined;
  afterAll(() => {
    web?.kill();
    rmSync(directory, { recursive: true });
  });

  it('is created with a key, an image, a flavor and a network, and becomes ACTIVE', async () => {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    await openstack(`keypair create --public-key ${key}.pub my-keypair`);
    await openstack(`image create --disk-format qcow2 --container-format bare --file ${guestImage} ubuntu-20.04`);
    await openstack(`server create --flavor m1.medium --image ubuntu-20.04 --key-name my-keypair --security-group default --network private ${webServer}`);
    const { addresses } = await untilServer(webServer, 'ACTIVE');
    expect(Object.keys(addresses)).toEqual(['private']);
  });

  it('shows its boot on the console', async () => {
    expect(await untilConsole(webServer, /finished: hostname/)).toMatch(/login/);
  });

  it('gets a floating IP, and its ports are closed', async () => {
    floatingIp = (await openstackJson<{ floating_ip_address: string }>('floating ip create public')).floating_ip_address;
    await openstack(`server add floating ip ${webServer} ${floatingIp}`);
    await eventually('the floating IP in the server\'s addresses', 30, async () => {
      const { addresses } = await untilServer(webServer, 'ACTIVE');
      return addresses['private']?.includes(floatingIp) === true ? true : undefined;
    });
    expect(await opens(floatingIp, 22)).toBe(false);
  });

  it('opens SSH by a rule, and knows hostname and key from the metadata service', async () => {
    await openstack('security group rule create --protocol tcp --dst-port 22 default');
    expect((await untilSsh(floatingIp, key, 'hostname')).trim()).toBe(webServer);
    const { id } = await untilServer(webServer, 'ACTIVE');
    expect(await untilSsh(floatingIp, key, 'wget -q -O - http://169.254.169.254/openstack/latest/meta_data.json')).toContain(id);
    expect(await untilSsh(floatingIp, key, 'wget -q -O - http://169.254.169.254/latest/meta-data/public-keys/0/openssh-key')).toContain('ssh-ed25519');
  });

  it('reaches the outside through SNAT', async () => {
    web = spawn('ip', ['netns', 'exec', outside.namespace, 'python3', '-m', 'http.server', '8080', '--directory', directory], { stdio: 'ignore' });
    writeFileSync(join(directory, 'hello'), 'from outside');
    expect(await untilSsh(floatingIp, key, `wget -q -O - http://${outside.address}:8080/hello`, 60)).toBe('from outside');
  });

  it('does not reach the host that it runs on', async () => {
    const { code } = await ssh(floatingIp, key, 'timeout 5 nc 172.24.4.1 22 </dev/null');
    expect(code).not.toBe(0);
  });

  it('reboots, stops and starts', async () => {
    const bootId = (): Promise<string> => untilSsh(floatingIp, key, 'cat /proc/sys/kernel/random/boot_id');
    const first = await bootId();
    await openstack(`server reboot ${webServer}`);
    await untilServer(webServer, 'ACTIVE');
    const second = await eventually('another boot', 240, async () => ((await bootId()) === first ? undefined : bootId()));
    await openstack(`server reboot --hard ${webServer}`);
    await untilServer(webServer, 'ACTIVE');
    await eventually('a third boot', 240, async () => ([first, second].includes(await bootId()) ? undefined : true));
    await openstack(`server stop ${webServer}`);
    await untilServer(webServer, 'SHUTOFF');
    expect(await opens(floatingIp, 22)).toBe(false);
    await openstack(`server start ${webServer}`);
    await untilServer(webServer, 'ACTIVE');
    expect((await untilSsh(floatingIp, key, 'hostname')).trim()).toBe(webServer);
  });

  it('leaves nothing when it is deleted', async () => {
    await openstack(`server delete ${webServer}`);
    await untilGone(webServer);
    await openstack(`floating ip delete ${floatingIp}`);
    await eventually('no trace', 30, async () => {
      expect(await traces()).toEqual(noTraces);
      return true;
    });
  });
});

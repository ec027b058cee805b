import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openstack, openstackJson, untilConsole, untilGone, untilServer } from './cloud.js';
import { run } from './shell.js';

const directory = mkdtempSync(join(tmpdir(), 'virga-e2e-'));
const SUBNET = '192.168.77.0/24';
const addresses = { one: '192.168.77.11', two: '192.168.77.12', stranger: '192.168.77.13' };

/** Says on the console, for a while, whom the guest reaches. */
function pinger(targets: readonly string[]): string {
  const file = join(directory, `pinger-${targets.join('-')}`);
  const looks = targets.map((target) => `ping -c 1 -W 1 ${target} >/dev/null 2>&1 && echo "virga reaches ${target}" || echo "virga misses ${target}"`);
  writeFileSync(file, `#!/bin/sh\necho "virga user-data as $(hostname)" >/dev/console\n(while :; do { ${looks.join('; ')}; } >/dev/console; sleep 2; done) &\n`);
  return file;
}

describe('neighbours', () => {
  const other = { OS_PROJECT_NAME: 'other', OS_USERNAME: 'other', OS_PASSWORD: 'a-password-for-the-test', OS_CLOUD: '' };
  afterAll(() => rmSync(directory, { recursive: true }));

  it('of one network reach each other; one with the same addresses in another project reaches neither', async () => {
    await openstack('project create other', 'admin');
    await openstack(`user create --project other --password ${other.OS_PASSWORD} other`, 'admin');
    await openstack('role add --project other --user other member', 'admin');
    const authUrl = (await openstackJson<{ 'auth.auth_url': string }>('configuration show')) ['auth.auth_url'];
    const asOther = (words: string): Promise<string> => run('openstack', words.split(' '), {
      env: { ...other, OS_AUTH_URL: authUrl, OS_USER_DOMAIN_NAME: 'Default', OS_PROJECT_DOMAIN_NAME: 'Default', OS_IDENTITY_API_VERSION: '3', OS_CLIENT_CONFIG_FILE: '/nonexistent' },
    });

    await openstack('network create shared-cidr');
    await openstack(`subnet create --network shared-cidr --subnet-range ${SUBNET} shared-cidr`);
    await asOther('network create mine');
    await asOther(`subnet create --network mine --subnet-range ${SUBNET} mine`);

    const create = (name: string, network: string, ip: string, targets: string[]): string =>
      `server create --flavor m1.nano --image virga-linux --nic net-id=${network},v4-fixed-ip=${ip} --user-data ${pinger(targets)} ${name}`;
    const network = (await openstackJson<{ id: string }>('network show shared-cidr')).id;
    const othersNetwork = JSON.parse(await asOther('network show mine -f json')) as { id: string };
    await openstack(create('one', network, addresses.one, [addresses.two, addresses.stranger]));
    await openstack(create('two', network, addresses.two, [addresses.one, addresses.stranger]));
    await asOther(create('stranger', othersNetwork.id, addresses.stranger, [addresses.one, addresses.two]));
    await untilServer('one', 'ACTIVE');
    await untilServer('two', 'ACTIVE');

    const consoleOne = await untilConsole('one', new RegExp(`reaches ${addresses.two}[\\s\\S]*misses ${addresses.stranger}`));
    expect(consoleOne).toContain('virga user-data as one');
    await untilConsole('two', new RegExp(`reaches ${addresses.one}[\\s\\S]*misses ${addresses.stranger}`));
    const strangerLog = async (): Promise<string> => asOther('console log show stranger');
    for (let log = ''; !/misses 192.168.77.11[\s\S]*misses 192.168.77.12/.test(log);) {
      log = await strangerLog();
      expect(log).not.toContain('virga reaches');
    }
    expect(await openstack('console log show one')).not.toContain(`reaches ${addresses.stranger}`);

    await openstack('server delete one two');
    await asOther('server delete stranger');
    await untilGone('one');
    await untilGone('two');
    await openstack('network delete shared-cidr');
  });
});

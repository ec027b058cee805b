import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloudOf } from '../cloud.js';
import { libvirtProcesses } from '../engines/libvirt.js';
import { ovnProcesses } from '../engines/ovn.js';
import { processSpec, RANK } from '../process-spec.js';
import { settingsFrom } from '../settings.js';
import { writeUnit } from './manager.js';
import { TARGET, targetText, unitName, unitText } from './unit.js';

const spec = processSpec({
  name: 'virga-image', rank: RANK.service, workingDirectory: '/opt', argv: ['/bin/sh', '-c', 'echo "50%" $HOME; exit'],
  environment: { GREETING: 'good day' }, user: 'nobody', afterStart: ['/bin/true'], leavesChildren: true, build: 'abc',
});

describe('a systemd unit', () => {
  it('says what the process is', () => {
    expect(unitText(spec, [spec, processSpec({ name: 'postgresql', rank: RANK.store, workingDirectory: '/', argv: ['true'] })])).toMatchSnapshot();
  });

  it('changes when the program does', () => {
    expect(unitText(spec, [spec])).not.toBe(unitText({ ...spec, build: 'def' }, [spec]));
  });

  const verified = existsSync('/usr/bin/systemd-analyze') && existsSync('/usr/sbin/libvirtd') && existsSync('/usr/sbin/ovs-vswitchd') ? it : it.skip;
  verified('is one that systemd accepts, for each of our engines', () => {
    const directory = mkdtempSync(join(tmpdir(), 'virga-units-'));
    try {
      const cloud = cloudOf(settingsFrom(`stateDirectory: ${directory}`, 'test'));
      const specs = [...ovnProcesses(cloud), ...libvirtProcesses(cloud)].map((each) => ({ ...each, workingDirectory: '/' }));
      writeUnit(directory, TARGET, targetText());
      for (const each of specs) writeUnit(directory, unitName(each.name), unitText(each, specs));
      const files = [TARGET, ...specs.map(({ name }) => unitName(name))].map((name) => join(directory, name));
      const output = execFileSync('systemd-analyze', ['verify', '--man=no', ...files], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
      expect(output).toBe('');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

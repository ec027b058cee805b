import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT, settingsFrom } from './settings.js';

describe('the settings', () => {
  it('are those that virga.yaml documents, also without the file', () => {
    const documented = settingsFrom(readFileSync(join(CHECKOUT, 'virga.yaml'), 'utf8'), 'virga.yaml');

    expect(documented).toEqual(settingsFrom('', 'none'));
  });

  it('give the host its own name', () => {
    expect(settingsFrom('', 'none').host.name).toBe(hostname().split('.')[0]);
    expect(settingsFrom('host: { name: node-7 }', 'x').host.name).toBe('node-7');
  });

  it('are refused with the file and the key when one is unknown or wrong', () => {
    expect(() => settingsFrom('ports: { identiti: 5000 }', '/etc/virga.yaml')).toThrow(/\/etc\/virga\.yaml: ports .*"identiti"/);
    expect(() => settingsFrom('ports: { identity: 99999 }', '/etc/virga.yaml')).toThrow(/ports\.identity must be <= 65535/);
    expect(() => settingsFrom('stateDirectory: relative', 'x')).toThrow(/stateDirectory/);
  });

  it('name pools of Ceph clusters beside the files of the machine', () => {
    expect(settingsFrom('storage: { ceph: [{ name: ssd, pool: volumes }] }', 'x').storage.ceph).toEqual([
      { name: 'ssd', pool: 'volumes', confFile: '/etc/ceph/ceph.conf', user: 'virga', reservedPercentage: 0, maxOverSubscriptionRatio: 20 },
    ]);
    expect(() => settingsFrom('storage: { ceph: [{ name: file, pool: volumes }] }', 'x')).toThrow(/storage\.ceph\.0\.name/);
  });

  it('name directories of other disks, each with a name of its own', () => {
    expect(settingsFrom('storage: { directories: [{ name: slow, directory: /srv/slow }] }', 'x').storage.directories).toEqual([
      { name: 'slow', directory: '/srv/slow', reservedPercentage: 0, maxOverSubscriptionRatio: 20 },
    ]);
    expect(() => settingsFrom('storage: { directories: [{ name: file, directory: /srv/slow }] }', 'x')).toThrow(/storage\.directories\.0\.name/);
    expect(() => settingsFrom('storage: { directories: [{ name: a, directory: /srv/a }], ceph: [{ name: a, pool: volumes }] }', 'x')).toThrow(/'a' twice/);
    expect(() => settingsFrom('storage: { directories: [{ name: a, directory: /srv/a }, { name: b, directory: /srv/a/ }] }', 'x')).toThrow(/twice/);
  });

  it('are refused with the line when the file is not YAML', () => {
    expect(() => settingsFrom('ports: [', 'x.yaml')).toThrow(/x\.yaml: .* line 1/s);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { swiftSettings } from './configured.js';
import { swiftDefaults } from './settings.js';

const told = {
  storageDirectory: '/x', policies: [], buckets: [], bucketDomains: [], rootKeyDays: 90, operatorPort: 1, syncRealms: [],
};

describe('the operator\'s settings', () => {
  it('are Swift\'s own where nothing is told', () => {
    expect(swiftSettings({ ...told, swift: {} })).toEqual(swiftDefaults);
  });

  it('name roles in any case, and rates in seconds', () => {
    const settings = swiftSettings({ ...told, swift: { operatorRoles: ['Member'], readerRoles: [], resellerAdminRole: 'Boss', rates: { accountPerSecond: 2, maxWaitSeconds: 0.5 } } });
    expect(settings.accountRules.map(({ prefix, operatorRoles, readerRoles }) => [prefix, operatorRoles, readerRoles])).toEqual([['AUTH_', ['member'], []], ['SERVICE_', ['member'], []]]);
    expect([settings.resellerAdminRole, settings.rates.accountPerSecond, settings.rates.maxWaitMs]).toEqual(['boss', 2, 500]);
  });

  it('name realms and clusters in any case, and their keys by files', () => {
    const directory = mkdtempSync(join(tmpdir(), 'virga-realm-'));
    try {
      writeFileSync(join(directory, 'new'), 'new key\n', { mode: 0o600 });
      writeFileSync(join(directory, 'old'), 'old key\n', { mode: 0o600 });
      const syncRealms = [{ name: 'Partners', keyFiles: [join(directory, 'new'), join(directory, 'old')], clusters: { East: 'https://objects.east.example/v1' } }];
      expect(swiftSettings({ ...told, swift: {}, syncRealms }).syncRealms).toEqual([{ name: 'PARTNERS', keys: ['new key', 'old key'], clusters: { EAST: 'https://objects.east.example/v1' } }]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

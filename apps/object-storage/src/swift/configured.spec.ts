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
});

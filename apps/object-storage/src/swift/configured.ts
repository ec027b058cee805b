import { readSecret, type ConfigOf } from '@virga/config';
import type { RateSettings } from '../rates/index.js';
import { swiftDefaults, type AccountRules, type SwiftSettings } from './settings.js';

type Told = ConfigOf<'object-storage'>['objectStorage'];

/** Swift's settings as the operator's configuration has them; what it does not say is as `swiftDefaults` has it. */
export function swiftSettings({ swift: told, syncRealms }: Told): SwiftSettings {
  return {
    ...swiftDefaults,
    accountRules: swiftDefaults.accountRules.map((rules) => accountRules(rules, told)),
    resellerAdminRole: (told.resellerAdminRole ?? swiftDefaults.resellerAdminRole).toLowerCase(),
    systemReaderRoles: (told.systemReaderRoles ?? swiftDefaults.systemReaderRoles).map(inLowerCase),
    isAccountManagementOpen: told.accountManagement ?? swiftDefaults.isAccountManagementOpen,
    corsOrigins: told.corsOrigins ?? swiftDefaults.corsOrigins,
    crossDomainPolicy: told.crossDomainPolicy ?? swiftDefaults.crossDomainPolicy,
    limits: { ...swiftDefaults.limits, maxFileSize: told.maxFileBytes ?? swiftDefaults.limits.maxFileSize },
    rates: rates(told.rates ?? {}),
    syncRealms: syncRealms.map(({ name, keyFiles, clusters }) => ({
      name: name.toUpperCase(), keys: keyFiles.map(readSecret), clusters: Object.fromEntries(Object.entries(clusters).map(([cluster, url]) => [cluster.toUpperCase(), url])),
    })),
  };
}

/** Readers are of ordinary accounts only: those that services keep for users are read through the service. */
function accountRules(rules: AccountRules, told: Told['swift']): AccountRules {
  return {
    ...rules,
    operatorRoles: (told.operatorRoles ?? rules.operatorRoles).map(inLowerCase),
    readerRoles: rules.serviceRoles.length > 0 ? rules.readerRoles : (told.readerRoles ?? rules.readerRoles).map(inLowerCase),
  };
}

function rates({ maxWaitSeconds, ...told }: NonNullable<Told['swift']['rates']>): RateSettings {
  return { ...swiftDefaults.rates, ...told, ...(maxWaitSeconds !== undefined && { maxWaitMs: maxWaitSeconds * 1000 }) };
}

function inLowerCase(text: string): string {
  return text.toLowerCase();
}

import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type ObjectStorageSettings } from '../settings/index.js';
import { SWIFT_SETTINGS, type SwiftLimits, type SwiftSettings } from './settings.js';

/** What `/info` tells clients that this service can do: a feature adds its key here, with its limits, when it is really there. */
@Injectable()
export class Capabilities {
  constructor(
    @Inject(SETTINGS) private readonly storage: ObjectStorageSettings,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  all(): Record<string, unknown> {
    const { rates } = this.settings;
    return {
      swift: this.core(),
      keystoneauth: {},
      container_quotas: {},
      account_quotas: {},
      ...(this.settings.crossDomainPolicy !== '' && { crossdomain: {} }),
      ...(rates.accountPerSecond + rates.containerSteps.length > 0 && {
        ratelimit: {
          account_ratelimit: rates.accountPerSecond, max_sleep_time_seconds: rates.maxWaitMs / 1000,
          container_ratelimits: rates.containerSteps.map(({ objects, perSecond }) => [objects, perSecond]),
        },
      }),
    };
  }

  private core(): Record<string, unknown> {
    return {
      // The release of Swift whose API this is: clients and tests choose by it what to ask for.
      version: '2.30.0',
      policies: this.storage.policies.map(({ name, isDefault }) => ({ name, aliases: name, ...(isDefault && { default: true }) })),
      strict_cors_mode: true,
      allow_account_management: this.settings.isAccountManagementOpen,
      account_autocreate: true,
      allow_open_expired: false,
      valid_api_versions: ['v1', 'v1.0'],
      ...limitsShown(this.settings.limits),
    };
  }
}

function limitsShown(limits: SwiftLimits): Record<string, number> {
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value as number]));
}

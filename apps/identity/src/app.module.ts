import { Module, type DynamicModule } from '@nestjs/common';
import { identityEndpoints, identityRules } from '@virga/contracts-identity';
import { HttpModule, IdempotencyGuard, keystoneDialect, type ListenAddress } from '@virga/http';
import { IdentityModule, MasterKey } from '@virga/identity-client';
import { CLOCK, systemClock, type Clock } from '@virga/kernel';
import { ObservabilityModule, type Logger } from '@virga/observability';
import { IdempotencyModule, IdempotentRequests, PersistenceModule, type DatabaseOptions } from '@virga/persistence';
import { PolicyModule } from '@virga/policy';
import type { PolicyRule } from '@virga/contract';
import { ApplicationCredentialsModule } from './application-credentials/index.js';
import { CatalogModule } from './catalog/index.js';
import { CredentialsModule } from './credentials/index.js';
import { DomainsModule } from './domains/index.js';
import { Ec2TokensModule } from './ec2-tokens/index.js';
import { GrantsModule } from './grants/index.js';
import { GroupsModule } from './groups/index.js';
import { allMigrations } from './migrations.js';
import { LimitsModule } from './limits/index.js';
import { PoliciesModule } from './policies/index.js';
import { ProjectsModule } from './projects/index.js';
import { RolesModule } from './roles/index.js';
import { TokensModule } from './tokens/index.js';
import { TrustsModule } from './trusts/index.js';
import { UsersModule } from './users/index.js';
import { VersionsModule } from './versions/index.js';

/** What the identity service is made of; `main` gives the real parts, tests may give others. */
export interface IdentityAppOptions {
  database: Pick<DatabaseOptions, 'url'> & Partial<DatabaseOptions>;
  listen: ListenAddress;
  authUrl: string;
  masterKey: MasterKey;
  logger: Logger;
  clock?: Clock;
  policyOverrides?: Readonly<Record<string, string>>;
}

@Module({})
export class IdentityApp {
  static forRoot(options: IdentityAppOptions): DynamicModule {
    const clock = options.clock ?? systemClock;
    return {
      module: IdentityApp,
      imports: [
        PartsModule.forRoot(clock, options.masterKey),
        ObservabilityModule.forRoot(options.logger),
        PersistenceModule.forRoot({ schema: 'identity', applicationName: 'identity', migrations: allMigrations, ...options.database }),
        IdempotencyModule.forRoot({ clock }),
        PolicyModule.forRoot({ rules: allRules(), overrides: options.policyOverrides ?? {} }),
        IdentityModule.forRoot({ clock }),
        HttpModule.forRoot([{
          name: 'identity', endpoints: identityEndpoints, basePath: '/v3', dialect: keystoneDialect, listen: options.listen, authUrl: options.authUrl,
        }]),
        VersionsModule, TokensModule, DomainsModule, ProjectsModule, UsersModule, GroupsModule, RolesModule, GrantsModule, CatalogModule, PoliciesModule,
        CredentialsModule, Ec2TokensModule, ApplicationCredentialsModule, LimitsModule, TrustsModule,
      ],
    };
  }
}

/** The rules that endpoints consult, and those that rules name. */
export function allRules(): PolicyRule[] {
  const consulted = Object.values(identityEndpoints).flatMap(({ spec }) => [...(spec.policy === 'public' ? [] : [spec.policy]), ...(spec.alsoConsults ?? [])]);
  return [...identityRules, ...consulted];
}

@Module({})
class PartsModule {
  static forRoot(clock: Clock, masterKey: MasterKey): DynamicModule {
    const providers = [{ provide: CLOCK, useValue: clock }, { provide: MasterKey, useValue: masterKey }, { provide: IdempotencyGuard, useExisting: IdempotentRequests }];
    return { module: PartsModule, global: true, providers, exports: providers.map(({ provide }) => provide) };
  }
}

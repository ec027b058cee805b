import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { Authenticator } from '@virga/http';
import { systemClock, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { AccessKeys } from './access-keys/access-keys.js';
import { Directory } from './directory.js';
import type { MasterKey } from './secret-box.js';
import { TokenAuthenticator } from './verification/token-authenticator.js';
import { TokenVerifier } from './verification/token-verifier.js';

export interface IdentityModuleOptions {
  clock?: Clock;
  /** Only for services that check signatures: with it they get `AccessKeys`, and could open every credential. */
  masterKey?: MasterKey;
}

/**
 * Provides `Authenticator`, `TokenVerifier` and `Directory` everywhere in a service, on its `Database` (which may read `identity.*`);
 * with the master key also `AccessKeys`.
 */
@Module({})
export class IdentityModule {
  static forRoot({ clock = systemClock, masterKey }: IdentityModuleOptions = {}): DynamicModule {
    const accessKeys: Provider[] = masterKey === undefined ? [] : [{
      provide: AccessKeys, inject: [Database, TokenVerifier], useFactory: (db: Database, verifier: TokenVerifier) => new AccessKeys(db, verifier, clock, masterKey),
    }];
    return {
      module: IdentityModule,
      global: true,
      providers: [
        { provide: TokenVerifier, inject: [Database], useFactory: (db: Database) => new TokenVerifier(db, clock) },
        { provide: Authenticator, inject: [TokenVerifier], useFactory: (verifier: TokenVerifier) => new TokenAuthenticator(verifier) },
        { provide: Directory, inject: [Database], useFactory: (db: Database) => new Directory(db) },
        ...accessKeys,
      ],
      exports: [TokenVerifier, Authenticator, Directory, ...(masterKey === undefined ? [] : [AccessKeys])],
    };
  }
}

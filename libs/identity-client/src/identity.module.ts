import { Module, type DynamicModule } from '@nestjs/common';
import { Authenticator } from '@virga/http';
import { systemClock, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Directory } from './directory.js';
import { TokenAuthenticator } from './verification/token-authenticator.js';
import { TokenVerifier } from './verification/token-verifier.js';

/** Provides `Authenticator`, `TokenVerifier` and `Directory` everywhere in a service, on its `Database` (which may read `identity.*`). */
@Module({})
export class IdentityModule {
  static forRoot({ clock = systemClock }: { clock?: Clock } = {}): DynamicModule {
    return {
      module: IdentityModule,
      global: true,
      providers: [
        { provide: TokenVerifier, inject: [Database], useFactory: (db: Database) => new TokenVerifier(db, clock) },
        { provide: Authenticator, inject: [TokenVerifier], useFactory: (verifier: TokenVerifier) => new TokenAuthenticator(verifier) },
        { provide: Directory, inject: [Database], useFactory: (db: Database) => new Directory(db) },
      ],
      exports: [TokenVerifier, Authenticator, Directory],
    };
  }
}

import { Module } from '@nestjs/common';
import { MasterKey, SigningKeys, TokenIssuer } from '@virga/identity-client';
import { CLOCK, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { CredentialSecretsModule } from '../credential-secrets/index.js';
import { PasswordsModule } from '../passwords/index.js';
import { ProjectsModule } from '../projects/index.js';
import { AuthenticationMethods } from './authentication-methods.js';
import { AuthenticationRepository } from './authentication.repository.js';
import { AuthenticationService, TOKEN_LIFETIME } from './authentication.service.js';
import { CatalogReader } from './catalog-reader.js';
import { ApplicationCredentialMethod } from './strategies/application-credential.js';
import { PasswordMethod } from './strategies/password.js';
import { TokenMethod } from './strategies/token.js';
import { TokensController } from './tokens.controller.js';
import { TokensService } from './tokens.service.js';

const issuer = {
  provide: TokenIssuer, inject: [Database, CLOCK, MasterKey],
  useFactory: (db: Database, clock: Clock, masterKey: MasterKey) => new TokenIssuer(new SigningKeys(db, clock, masterKey, TOKEN_LIFETIME)),
};

@Module({
  imports: [PasswordsModule, CredentialSecretsModule, ProjectsModule],
  controllers: [TokensController],
  providers: [
    issuer, AuthenticationRepository, PasswordMethod, TokenMethod, ApplicationCredentialMethod, AuthenticationMethods, AuthenticationService, CatalogReader, TokensService,
  ],
  exports: [AuthenticationService, CatalogReader],
})
export class TokensModule {}

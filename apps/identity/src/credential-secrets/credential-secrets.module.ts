import { Module } from '@nestjs/common';
import { PasswordsModule } from '../passwords/index.js';
import { CredentialSecrets } from './credential-secrets.js';

@Module({ imports: [PasswordsModule], providers: [CredentialSecrets], exports: [CredentialSecrets] })
export class CredentialSecretsModule {}

import { Module } from '@nestjs/common';
import { CredentialSecretsModule } from '../credential-secrets/index.js';
import { ApplicationCredentialsController } from './application-credentials.controller.js';
import { ApplicationCredentialsRepository } from './application-credentials.repository.js';
import { ApplicationCredentialsService } from './application-credentials.service.js';

@Module({ imports: [CredentialSecretsModule], controllers: [ApplicationCredentialsController], providers: [ApplicationCredentialsRepository, ApplicationCredentialsService] })
export class ApplicationCredentialsModule {}

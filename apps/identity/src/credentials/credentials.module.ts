import { Module } from '@nestjs/common';
import { CredentialsController } from './credentials.controller.js';
import { CredentialsRepository } from './credentials.repository.js';
import { CredentialsService } from './credentials.service.js';
import { Ec2CredentialsController } from './ec2-credentials.controller.js';
import { Ec2CredentialsService } from './ec2-credentials.service.js';
import { PrincipalsRepository } from './principals.repository.js';
import { Reaches } from './reach.js';

@Module({
  controllers: [CredentialsController, Ec2CredentialsController],
  providers: [CredentialsRepository, CredentialsService, Ec2CredentialsService, PrincipalsRepository, Reaches],
  exports: [CredentialsRepository],
})
export class CredentialsModule {}

import { Module } from '@nestjs/common';
import { CredentialsModule } from '../credentials/index.js';
import { TokensModule } from '../tokens/index.js';
import { Ec2TokensController } from './ec2-tokens.controller.js';
import { Ec2TokensService } from './ec2-tokens.service.js';

@Module({ imports: [CredentialsModule, TokensModule], controllers: [Ec2TokensController], providers: [Ec2TokensService] })
export class Ec2TokensModule {}

import { Module } from '@nestjs/common';
import { HypervisorsModule } from '../hypervisors/index.js';
import { UsageAuditController } from './usage-audit.controller.js';
import { UsageAuditService } from './usage-audit.service.js';

@Module({ imports: [HypervisorsModule], controllers: [UsageAuditController], providers: [UsageAuditService] })
export class UsageAuditModule {}

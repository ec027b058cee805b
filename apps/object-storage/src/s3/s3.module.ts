import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/index.js';
import { ContainersModule } from '../containers/index.js';
import { ObjectsModule } from '../objects/index.js';
import { Access } from './access.js';
import { OperationTable, type OperationGroup } from './operations/operation.js';
import { S3Api } from './s3.api.js';
import { Authentication } from './signature/authentication.js';

/** Every class whose `operations` S3 answers. To add an operation, add it to its group; to add a group, name it here. */
const GROUPS = [] as const;

@Module({
  imports: [AccountsModule, ContainersModule, ObjectsModule],
  providers: [
    S3Api, Access, Authentication, ...GROUPS,
    { provide: OperationTable, inject: [...GROUPS], useFactory: (...groups: OperationGroup[]) => new OperationTable(groups) },
  ],
  exports: [S3Api],
})
export class S3Module {}

import { Module } from '@nestjs/common';
import { Directory } from '@virga/identity-client';
import { Database } from '@virga/persistence';
import { AccountsModule } from '../accounts/index.js';
import { ContainersModule } from '../containers/index.js';
import { ObjectsModule } from '../objects/index.js';
import { PassesModule } from '../passes/index.js';
import { QuotasModule } from '../quotas/index.js';
import { UploadsModule } from '../uploads/index.js';
import { Access } from './access.js';
import { AclOperations } from './acl/acl-operations.js';
import { Acls } from './acl/acls.js';
import { CrossOrigin } from './cors/cross-origin.js';
import { ObjectFeatures } from './object-features/object-features.js';
import { LifecycleLoop } from './lifecycle/lifecycle-loop.js';
import { LifecycleOperations } from './lifecycle/lifecycle-operations.js';
import { LifecycleWorker } from './lifecycle/lifecycle-worker.js';
import { ObjectLockOperations } from './object-lock/object-lock-operations.js';
import { BucketFeatureOperations } from './operations/bucket-feature-operations.js';
import { NewBuckets } from './operations/new-bucket.js';
import { NewObjects } from './operations/new-object.js';
import { PolicyOperations } from './policy/policy-operations.js';
import { FormSignatures } from './post-object/form-signatures.js';
import { PostOperations } from './post-object/post-operations.js';
import { TaggingOperations } from './tagging/tagging-operations.js';
import { VersioningOperations } from './versioning/versioning-operations.js';
import { BucketOperations } from './operations/bucket-operations.js';
import { CompletionOperations } from './operations/completion-operations.js';
import { CopyOperations } from './operations/copy-operations.js';
import { CopySources } from './operations/copy-source.js';
import { ListOperations } from './operations/list-operations.js';
import { LookUp } from './operations/look-up.js';
import { MultipartOperations } from './operations/multipart-operations.js';
import { OperationTable, type OperationGroup } from './operations/operation.js';
import { ReadOperations } from './operations/read-operations.js';
import { ReadSources } from './operations/read-sources.js';
import { WriteLimits } from './operations/write-limits.js';
import { UploadListOperations } from './operations/upload-list-operations.js';
import { AskedUploads } from './operations/upload-request.js';
import { WriteOperations } from './operations/write-operations.js';
import { S3Api } from './s3.api.js';
import { Authentication } from './signature/authentication.js';

/** Every class whose `operations` S3 answers. To add an operation, add it to its group; to add a group, name it here. */
export const GROUPS = [
  BucketOperations, ListOperations, ReadOperations, WriteOperations, CopyOperations, MultipartOperations, CompletionOperations, UploadListOperations,
  BucketFeatureOperations, AclOperations, PolicyOperations, TaggingOperations, ObjectLockOperations, VersioningOperations, LifecycleOperations, PostOperations,
] as const;

@Module({
  imports: [AccountsModule, ContainersModule, ObjectsModule, UploadsModule, PassesModule, QuotasModule],
  providers: [
    S3Api, Access, Authentication, LookUp, CopySources, AskedUploads, Acls, CrossOrigin, ObjectFeatures, NewBuckets, NewObjects, LifecycleWorker, LifecycleLoop, FormSignatures, ReadSources, WriteLimits, ...GROUPS,
    { provide: Directory, inject: [Database], useFactory: (db: Database) => new Directory(db) },
    { provide: OperationTable, inject: [...GROUPS], useFactory: (...groups: OperationGroup[]) => new OperationTable(groups) },
  ],
  exports: [S3Api],
})
export class S3Module {}

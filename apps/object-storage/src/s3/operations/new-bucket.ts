import { Injectable } from '@nestjs/common';
import type { ContainerSettings } from '../../containers/index.js';
import { canonicalUser } from '../acl/acl.js';
import { Acls } from '../acl/acls.js';
import { ownershipOf } from '../public-access/public-access.js';
import type { S3Caller } from '../request/s3-caller.js';
import type { S3Request } from '../request/s3-request.js';
import { invalidArgument } from '../s3-error.js';

const OWNERSHIP = 'x-amz-object-ownership';
const LOCK = 'x-amz-bucket-object-lock-enabled';

/** What CreateBucket's headers say of the bucket to come. */
@Injectable()
export class NewBuckets {
  constructor(private readonly acls: Acls) {}

  /** Throws S3's words for headers that cannot be met. */
  async settings({ headers }: S3Request, caller: S3Caller): Promise<ContainerSettings> {
    const asked = headers.get(OWNERSHIP);
    const ownership = asked === undefined ? undefined : ownershipOf(asked, () => invalidArgument(OWNERSHIP, asked, `Invalid ${OWNERSHIP} header: ${asked}`));
    return {
      ...await this.acls.ofNewBucket((name) => headers.get(name), canonicalUser(caller), ownership),
      ...(ownership !== undefined && { ownership }),
      // A lock needs versions, from the first object on and for ever.
      ...(isTrue(headers.get(LOCK)) && { versioning: 'enabled' as const, objectLock: {} }),
    };
  }
}

function isTrue(text: string | undefined): boolean {
  if (text === undefined) return false;
  const value = text.toLowerCase();
  if (value !== 'true' && value !== 'false') throw invalidArgument(LOCK, text);
  return value === 'true';
}

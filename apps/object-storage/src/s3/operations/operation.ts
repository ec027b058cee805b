import type { FrontReply } from '../../front/index.js';
import { S3Error } from '../s3-error.js';
import type { BucketRequest, ObjectRequest, S3Request } from '../request/s3-request.js';

interface Route {
  /** The name in S3's reference: `PutObject`. */
  name: string;
  method: string;
  /** Query parameters that must be there; those of `SUB_RESOURCES` that a request has must all be named. */
  query?: readonly string[];
  /** A header that must be there. */
  header?: string;
}

/** One operation of S3's reference, and what it is about. A `bucket` operation finds its bucket looked up already. */
export type S3Operation =
  | Route & { on: 'service'; run: (request: S3Request) => Promise<FrontReply> }
  | Route & { on: 'bucket-name'; run: (request: S3Request & { bucketName: string }) => Promise<FrontReply> }
  | Route & { on: 'bucket'; run: (request: BucketRequest) => Promise<FrontReply> }
  | Route & { on: 'object'; run: (request: ObjectRequest) => Promise<FrontReply> };

/** A class that offers operations; `S3Module` lists them all. */
export interface OperationGroup {
  readonly operations: readonly S3Operation[];
}

/** Query parameters that choose what of a bucket or an object a request is about. All others only say how. */
export const SUB_RESOURCES = new Set([
  'accelerate', 'acl', 'analytics', 'attributes', 'cors', 'delete', 'encryption', 'intelligent-tiering', 'inventory', 'legal-hold', 'lifecycle', 'location',
  'logging', 'metrics', 'notification', 'object-lock', 'ownershipControls', 'policy', 'policyStatus', 'publicAccessBlock', 'replication', 'requestPayment',
  'restore', 'retention', 'select', 'tagging', 'torrent', 'uploadId', 'uploads', 'versioning', 'versions', 'website', 'append',
]);

type Level = 'service' | 'bucket' | 'object';

/** Finds the operation that a request asks for: the one with the most requirements of those it meets. */
export class OperationTable {
  private readonly operations: readonly S3Operation[];

  constructor(groups: readonly OperationGroup[]) {
    this.operations = groups.flatMap((group) => group.operations).sort((a, b) => requirements(b) - requirements(a));
  }

  /** Throws `MethodNotAllowed` and `NotImplemented`. */
  find(method: string, level: Level, query: URLSearchParams, hasHeader: (name: string) => boolean): S3Operation {
    const asked = [...query.keys()].filter((name) => level !== 'service' && SUB_RESOURCES.has(name));
    const there = this.operations.filter((operation) => levelOf(operation) === level && isAbout(operation, asked));
    const found = there.find((operation) => operation.method === method && meets(operation, query, hasHeader));
    if (found !== undefined) return found;
    if (asked.length > 0 && there.length === 0) throw new S3Error('NotImplemented');
    throw new S3Error('MethodNotAllowed', { fields: { Method: method, ResourceType: asked[0]?.toUpperCase() ?? level.toUpperCase() } });
  }
}

function requirements(operation: S3Operation): number {
  return (operation.query?.length ?? 0) + (operation.header === undefined ? 0 : 1);
}

function levelOf(operation: S3Operation): Level {
  return operation.on === 'bucket-name' ? 'bucket' : operation.on;
}

function isAbout(operation: S3Operation, asked: readonly string[]): boolean {
  return asked.every((name) => operation.query?.includes(name)) && (operation.query ?? []).every((name) => !SUB_RESOURCES.has(name) || asked.includes(name));
}

function meets(operation: S3Operation, query: URLSearchParams, hasHeader: (name: string) => boolean): boolean {
  return (operation.query ?? []).every((name) => query.has(name)) && (operation.header === undefined || hasHeader(operation.header));
}

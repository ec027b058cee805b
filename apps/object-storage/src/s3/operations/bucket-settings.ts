import type { Container, ContainerSettings, Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import type { Access } from '../access.js';
import type { BucketRequest } from '../request/s3-request.js';
import { documentOf } from '../request/document.js';
import { S3Error, type S3Code } from '../s3-error.js';
import type { XmlNode } from '../xml/xml-reader.js';
import type { S3Operation } from './operation.js';
import { documentReply, emptyReply } from './replies.js';

/** One sub-resource of a bucket that is a document kept in its settings: what GET, PUT and DELETE of it need. */
export interface BucketSetting<K extends keyof ContainerSettings> {
  /** As in the query: `cors`. */
  query: string;
  /** As in the operations' names: `BucketCors`. */
  noun: string;
  key: K;
  root: string;
  read: (root: XmlNode, request: BucketRequest) => NonNullable<ContainerSettings[K]>;
  write: (value: NonNullable<ContainerSettings[K]>) => string;
  /** What GET says where there is none. */
  absent: S3Code;
  /** IAM's names; S3 has none of its own for deleting some. */
  actions: { get: string; put: string; remove: string };
  /** Looks at the bucket under its lock; throws where the change must not be made. */
  check?: (bucket: Container) => void;
  /** The status of a successful PUT; default 200. */
  putStatus?: number;
  removable?: false;
}

/** The operations of such a sub-resource. */
export function settingOperations<K extends keyof ContainerSettings>(setting: BucketSetting<K>, containers: Containers, access: Access): S3Operation[] {
  const { query, noun, key, actions, check } = setting;
  const change = async (request: BucketRequest, value: ContainerSettings[K] | undefined): Promise<void> => {
    await containers.change(request.bucket.id, { settings: { [key]: value }, ...(check !== undefined && { check }) });
  };
  const get = async (request: BucketRequest): Promise<FrontReply> => {
    await access.require(request, actions.get, request);
    const value = request.bucket.settings[key];
    if (value === undefined) throw new S3Error(setting.absent, { fields: { BucketName: request.bucketName } });
    return documentReply(setting.write(value));
  };
  const put = async (request: BucketRequest): Promise<FrontReply> => {
    await access.require(request, actions.put, request);
    await change(request, setting.read(await documentOf(request, setting.root), request));
    return emptyReply(setting.putStatus ?? 200);
  };
  const remove = async (request: BucketRequest): Promise<FrontReply> => {
    await access.require(request, actions.remove, request);
    await change(request, undefined);
    return emptyReply(204);
  };
  return [
    { name: `Get${noun}`, on: 'bucket', method: 'GET', query: [query], run: get },
    { name: `Put${noun}`, on: 'bucket', method: 'PUT', query: [query], run: put },
    ...(setting.removable === false ? [] : [{ name: `Delete${noun}`, on: 'bucket', method: 'DELETE', query: [query], run: remove } satisfies S3Operation]),
  ];
}

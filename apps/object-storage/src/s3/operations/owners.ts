import type { Container } from '../../containers/index.js';
import type { StoredObject } from '../../objects/index.js';
import type { S3Owner } from '../request/s3-caller.js';
import { xml, type Xml } from '../xml/xml-writer.js';

declare module '../../containers/container.js' {
  interface ContainerSettings {
    /** Who made the bucket, as S3 names it; absent for containers that Swift made. */
    owner?: S3Owner;
  }
}
declare module '../../objects/object.js' {
  interface ObjectSettings {
    /** Who put the object, where that is not the bucket's owner. */
    owner?: S3Owner;
  }
}

/** A container that Swift made is its project's. */
export function bucketOwner(bucket: Container): S3Owner {
  const project = bucket.account.replace(/^AUTH_/, '');
  return bucket.settings.owner ?? { id: project, displayName: project };
}

export function objectOwner(object: StoredObject, bucket: Container): S3Owner {
  return object.settings.owner ?? bucketOwner(bucket);
}

export function ownerXml({ id, displayName }: S3Owner, name = 'Owner'): Xml {
  return xml(name, [xml('ID', id), xml('DisplayName', displayName)]);
}

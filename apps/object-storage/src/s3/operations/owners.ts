import type { S3Owner } from '../request/s3-caller.js';
import { xml, type Xml } from '../xml/xml-writer.js';

export { bucketOwner, objectOwner } from '../acl/acl.js';

export function ownerXml({ id, displayName }: S3Owner, name = 'Owner'): Xml {
  return xml(name, [xml('ID', id), xml('DisplayName', displayName)]);
}

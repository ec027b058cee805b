import type { S3Owner } from '../request/s3-caller.js';
import { S3Error } from '../s3-error.js';
import type { XmlNode } from '../xml/xml-reader.js';
import { xml, xmlDocument, type Xml } from '../xml/xml-writer.js';
import { MOST_GRANTS, PERMISSIONS, type Acl, type CanonicalUser, type Grant, type Permission } from './acl.js';
import { groupOf, uriOf, type NamedGrant, type NamedGrantee } from './grant-headers.js';

const INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

/** S3's `AccessControlPolicy` document. */
export function aclDocument(acl: Acl): string {
  return xmlDocument('AccessControlPolicy', [
    xml('Owner', userFields(acl.owner)),
    xml('AccessControlList', acl.grants.map((grant) => xml('Grant', [granteeXml(grant), xml('Permission', grant.permission)]))),
  ]);
}

function userFields(user: CanonicalUser): Xml[] {
  return [xml('ID', user.id), xml('DisplayName', user.displayName)];
}

function granteeXml({ grantee }: Grant): Xml {
  const attributes = (type: string): Record<string, string> => ({ 'xmlns:xsi': INSTANCE, 'xsi:type': type });
  if ('group' in grantee) return xml('Grantee', [xml('URI', uriOf(grantee.group))], attributes('Group'));
  return xml('Grantee', userFields(grantee.user), attributes('CanonicalUser'));
}

/** An owner as it is named in other documents: `<Owner>`, `<Initiator>`. */
export function ownerXml(name: string, owner: S3Owner): Xml {
  return xml(name, [xml('ID', owner.id), xml('DisplayName', owner.displayName)]);
}

/** What an `AccessControlPolicy` asks for: `ownerId` is the owner that it names. Throws `MalformedACLError`. */
export function readAcl(root: XmlNode): { ownerId: string | undefined; grants: NamedGrant[] } {
  const list = root.find('AccessControlList');
  if (list === undefined) throw malformed();
  const grants = list.all('Grant').map(grantOf);
  if (grants.length > MOST_GRANTS) throw malformed();
  return { ownerId: root.find('Owner')?.textOf('ID')?.trim(), grants };
}

function grantOf(node: XmlNode): NamedGrant {
  const permission = node.textOf('Permission')?.trim() as Permission | undefined;
  const grantee = node.find('Grantee');
  if (grantee === undefined || permission === undefined || !PERMISSIONS.includes(permission)) throw malformed();
  return { grantee: granteeOf(grantee), permission };
}

function granteeOf(node: XmlNode): NamedGrantee {
  const id = node.textOf('ID')?.trim();
  const uri = node.textOf('URI')?.trim();
  const email = node.textOf('EmailAddress')?.trim();
  if (uri !== undefined) return { group: groupOf(uri) };
  if (email !== undefined) return { email };
  if (id === undefined || id === '') throw malformed();
  return { id };
}

function malformed(): S3Error {
  return new S3Error('MalformedACLError');
}

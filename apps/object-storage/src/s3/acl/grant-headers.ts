import { S3Error, invalidArgument } from '../s3-error.js';
import type { Group, Permission } from './acl.js';

/** A grantee as a request names it, not looked up yet. */
export type NamedGrantee = { id: string } | { email: string } | { group: Group };

export interface NamedGrant {
  grantee: NamedGrantee;
  permission: Permission;
}

const GROUP_URIS: Readonly<Record<Group, string>> = {
  AllUsers: 'http://acs.amazonaws.com/groups/global/AllUsers',
  AuthenticatedUsers: 'http://acs.amazonaws.com/groups/global/AuthenticatedUsers',
  LogDelivery: 'http://acs.amazonaws.com/groups/s3/LogDelivery',
};

/** The headers that grant, in the order in which S3's reference names them. */
export const GRANT_HEADERS: Readonly<Record<string, Permission>> = {
  'x-amz-grant-read': 'READ',
  'x-amz-grant-write': 'WRITE',
  'x-amz-grant-read-acp': 'READ_ACP',
  'x-amz-grant-write-acp': 'WRITE_ACP',
  'x-amz-grant-full-control': 'FULL_CONTROL',
};

export function uriOf(group: Group): string {
  return GROUP_URIS[group];
}

/** Throws `InvalidArgument` for a group that S3 does not have. */
export function groupOf(uri: string): Group {
  const found = (Object.keys(GROUP_URIS) as Group[]).find((group) => GROUP_URIS[group] === uri);
  if (found === undefined) throw invalidArgument('Grantee/URI', uri, 'Invalid group uri');
  return found;
}

/** The grants of the `x-amz-grant-…` headers; undefined where there is none. Throws `InvalidArgument`. */
export function grantsOfHeaders(header: (name: string) => string | undefined): NamedGrant[] | undefined {
  const given = Object.entries(GRANT_HEADERS).flatMap(([name, permission]) => {
    const value = header(name);
    return value === undefined ? [] : grantees(name, value).map((grantee): NamedGrant => ({ grantee, permission }));
  });
  return given.length === 0 ? undefined : given;
}

/** `id="…", uri=…, emailAddress="…"`: a comma inside quotes belongs to the value. Each blank can be matched in one place only, which keeps this linear. */
function grantees(header: string, value: string): NamedGrantee[] {
  const one = /\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"\s*|([^\s,"][^,"]*)?)(?:,|$)/y;
  const found: NamedGrantee[] = [];
  while (one.lastIndex < value.length) {
    const match = one.exec(value);
    if (match === null) throw invalidArgument(header, value, 'Argument format not recognized');
    found.push(granteeOf(match[1] ?? '', (match[2] ?? match[3] ?? '').trim()));
  }
  if (found.length === 0) throw invalidArgument(header, value, 'Argument format not recognized');
  return found;
}

function granteeOf(kind: string, value: string): NamedGrantee {
  if (kind.toLowerCase() === 'id') return { id: value };
  if (kind.toLowerCase() === 'uri') return { group: groupOf(value) };
  if (kind.toLowerCase() === 'emailaddress') return { email: value };
  throw new S3Error('InvalidArgument', { message: 'Argument format not recognized' });
}

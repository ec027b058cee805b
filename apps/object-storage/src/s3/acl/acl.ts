import type { Caller } from '@virga/kernel';
import type { Container } from '../../containers/index.js';
import type { StoredObject } from '../../objects/index.js';
import { ownerOf, type S3Owner } from '../request/s3-caller.js';

/**
 * Somebody whom S3 names by a canonical id: a user in a project, or everybody of a project. What counts are the ids; `id` and
 * `displayName` are what was shown when it was written down.
 */
export interface CanonicalUser extends S3Owner {
  projectId: string;
  /** Absent: everybody who acts in the project. */
  userId?: string;
}

export type Permission = 'READ' | 'WRITE' | 'READ_ACP' | 'WRITE_ACP' | 'FULL_CONTROL';
export type Group = 'AllUsers' | 'AuthenticatedUsers' | 'LogDelivery';
export type Grantee = { user: CanonicalUser } | { group: Group };

export interface Grant {
  grantee: Grantee;
  permission: Permission;
}

export interface Acl {
  owner: CanonicalUser;
  grants: readonly Grant[];
}

declare module '../../containers/container.js' {
  interface ContainerSettings {
    /** Who made the bucket. Absent: it was made through Swift, and belongs to the account alone. */
    owner?: CanonicalUser;
    /** Absent: private. */
    acl?: readonly Grant[];
  }
}

declare module '../../objects/object.js' {
  interface ObjectSettings {
    /** Who put the object. Absent: it was put through Swift, and belongs to the bucket's owner. */
    owner?: CanonicalUser;
    /** Absent: private. */
    acl?: readonly Grant[];
  }
}

export const PERMISSIONS: readonly Permission[] = ['READ', 'WRITE', 'READ_ACP', 'WRITE_ACP', 'FULL_CONTROL'];

/** The most grants that an ACL can have, as in S3. */
export const MOST_GRANTS = 100;

/** The canonical user that a caller is. */
export function canonicalUser(caller: Caller): CanonicalUser {
  return { ...ownerOf(caller), projectId: caller.projectId ?? '', userId: caller.userId };
}

/** Who owns a bucket: who made it, or its account where nobody is known. */
export function bucketOwner(bucket: Container): CanonicalUser {
  return bucket.settings.owner ?? projectOfAccount(bucket.account);
}

/** Who owns an object: who put it, or the bucket's owner. */
export function objectOwner(object: StoredObject, bucket: Container): CanonicalUser {
  return object.settings.owner ?? bucketOwner(bucket);
}

export function bucketAcl(bucket: Container): Acl {
  const owner = bucketOwner(bucket);
  return { owner, grants: bucket.settings.acl ?? privateGrants(owner) };
}

export function objectAcl(object: StoredObject, bucket: Container): Acl {
  const owner = objectOwner(object, bucket);
  return { owner, grants: object.settings.acl ?? privateGrants(owner) };
}

/** The project whose account has that name. */
export function projectIdOf(account: string): string {
  return account.replace(/^AUTH_/, '');
}

function projectOfAccount(account: string): CanonicalUser {
  const projectId = projectIdOf(account);
  return { projectId, id: projectId, displayName: projectId };
}

export function privateGrants(owner: CanonicalUser): Grant[] {
  return [{ grantee: { user: owner }, permission: 'FULL_CONTROL' }];
}

/** Who asks, as far as grants are concerned. */
export interface Asker {
  projectId: string;
  userId: string;
  /** Whether the project's things are theirs: they have one of its operator roles. */
  isOperator: boolean;
}

/**
 * Whether the grants give the permission to the asker; undefined is an anonymous one. A grant to the owner is one to every operator
 * of the owner's project: buckets belong to projects, not to the user who happened to make them.
 */
export function isGranted(acl: Acl, asker: Asker | undefined, wanted: Permission, options: { ignoresGroups: boolean }): boolean {
  return acl.grants.some(({ grantee, permission }) => (permission === wanted || permission === 'FULL_CONTROL') && isGrantee(grantee, acl.owner, asker, options.ignoresGroups));
}

function isGrantee(grantee: Grantee, owner: CanonicalUser, asker: Asker | undefined, ignoresGroups: boolean): boolean {
  if ('group' in grantee) return !ignoresGroups && (grantee.group === 'AllUsers' || (grantee.group === 'AuthenticatedUsers' && asker !== undefined));
  const { user } = grantee;
  if (asker === undefined || asker.projectId !== user.projectId) return false;
  // Not who has the owner's name but what the project lets them do: roles can be taken away, and a project has guests.
  if (user.id === owner.id) return asker.isOperator;
  return user.userId === undefined || user.userId === asker.userId;
}

/** Whether the grants let in people whom nobody named. */
export function isPublicAcl(grants: readonly Grant[]): boolean {
  return grants.some(({ grantee }) => 'group' in grantee && grantee.group !== 'LogDelivery');
}

/** Whether nobody but the owner is granted anything, which needs no list to be kept. */
export function isPrivate(acl: Acl): boolean {
  const [only, ...others] = acl.grants;
  return only !== undefined && others.length === 0 && only.permission === 'FULL_CONTROL' && 'user' in only.grantee && isSameUser(only.grantee.user, acl.owner);
}

export function isSameUser(one: CanonicalUser, other: CanonicalUser): boolean {
  return one.projectId === other.projectId && one.userId === other.userId;
}

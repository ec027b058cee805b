import { ownEntry } from '@virga/kernel';
import { invalidArgument } from '../s3-error.js';
import { isSameUser, privateGrants, type CanonicalUser, type Grant, type Group, type Permission } from './acl.js';

/** Whose ACL it is: an object's owner need not be its bucket's. */
export interface AclOwners {
  owner: CanonicalUser;
  bucketOwner: CanonicalUser;
}

type Canned = (owners: AclOwners) => Grant[];

const groups = (...grants: readonly (readonly [Group, Permission])[]): Canned => ({ owner }) =>
  [...grants.map(([group, permission]): Grant => ({ grantee: { group }, permission })), ...privateGrants(owner)];

const forBucketOwner = (permission: Permission): Canned => ({ owner, bucketOwner }) =>
  isSameUser(owner, bucketOwner) ? privateGrants(owner) : [...privateGrants(owner), { grantee: { user: bucketOwner }, permission }];

const CANNED: Readonly<Record<string, Canned>> = {
  private: ({ owner }) => privateGrants(owner),
  'public-read': groups(['AllUsers', 'READ']),
  'public-read-write': groups(['AllUsers', 'READ'], ['AllUsers', 'WRITE']),
  'authenticated-read': groups(['AuthenticatedUsers', 'READ']),
  'log-delivery-write': groups(['LogDelivery', 'WRITE'], ['LogDelivery', 'READ_ACP']),
  'bucket-owner-read': forBucketOwner('READ'),
  'bucket-owner-full-control': forBucketOwner('FULL_CONTROL'),
};

/** The grants that a canned ACL (`x-amz-acl`) stands for. Throws `InvalidArgument` for an unknown name. */
export function cannedGrants(name: string, owners: AclOwners): Grant[] {
  const canned = ownEntry(CANNED, name);
  if (canned === undefined) throw invalidArgument('x-amz-acl', name);
  return canned(owners);
}

import { Injectable } from '@nestjs/common';
import { Directory } from '@virga/identity-client';
import { mapLimit } from '@virga/kernel';
import type { Container } from '../../containers/index.js';
import type { ObjectOwnership } from '../public-access/public-access.js';
import { S3Error, invalidArgument } from '../s3-error.js';
import type { XmlNode } from '../xml/xml-reader.js';
import { readAcl } from './acl-document.js';
import { bucketOwner, isPrivate, isPublicAcl, isSameUser, privateGrants, type Acl, type CanonicalUser, type Grant, type Grantee } from './acl.js';
import { cannedGrants } from './canned-acl.js';
import { grantsOfHeaders, type NamedGrant, type NamedGrantee } from './grant-headers.js';

/** What a request says about an ACL in its headers (or, for a form, its fields). */
export type HeaderOf = (name: string) => string | undefined;

/** Whose ACL it would be, and the bucket that may forbid it. */
export interface AclTerms {
  owner: CanonicalUser;
  bucketOwner: CanonicalUser;
  ownership: ObjectOwnership | undefined;
  /** Whether ACLs that let everybody in are refused. */
  blocksPublic: boolean;
}

/** What bucket and object settings keep of an owner and an ACL; a private one needs no list. */
export interface KeptAcl {
  owner: CanonicalUser;
  acl?: readonly Grant[];
}

/** Reads the ACLs that requests ask for, and finds whom they name. */
@Injectable()
export class Acls {
  constructor(private readonly directory: Directory) {}

  /** Owner and ACL of an object that `writer` puts; the bucket's ownership may make it the bucket owner's. */
  async ofNewObject(header: HeaderOf, writer: CanonicalUser | undefined, bucket: Container): Promise<KeptAcl> {
    const { ownership } = bucket.settings;
    const isTaken = ownership === 'BucketOwnerEnforced' || (ownership === 'BucketOwnerPreferred' && header('x-amz-acl') === 'bucket-owner-full-control');
    // Nobody can own what nobody signed for.
    const owner = writer === undefined || isTaken ? bucketOwner(bucket) : writer;
    const grants = await this.ofHeaders(header, termsOf(owner, bucket));
    return kept({ owner, grants: grants ?? privateGrants(owner) });
  }

  /** Owner and ACL of a bucket that `owner` makes. */
  async ofNewBucket(header: HeaderOf, owner: CanonicalUser, ownership: ObjectOwnership | undefined): Promise<KeptAcl> {
    const grants = await this.ofHeaders(header, { owner, bucketOwner: owner, ownership, blocksPublic: false });
    return kept({ owner, grants: grants ?? privateGrants(owner) });
  }

  /** The grants that headers ask for; undefined where none does. Throws S3's refusals. */
  async ofHeaders(header: HeaderOf, terms: AclTerms): Promise<readonly Grant[] | undefined> {
    const canned = header('x-amz-acl');
    const named = grantsOfHeaders(header);
    if (canned !== undefined && named !== undefined) throw new S3Error('InvalidRequest', { message: 'Specifying both Canned ACLs and Header Grants is not allowed' });
    if (canned !== undefined) return allowed(cannedGrants(canned, terms), terms);
    return named === undefined ? undefined : allowed(await this.resolved(named), terms);
  }

  /** The grants of an `AccessControlPolicy` document. Throws `AccessDenied` where it names another owner: owners do not change. */
  async ofDocument(root: XmlNode, terms: AclTerms): Promise<readonly Grant[]> {
    const { ownerId, grants } = readAcl(root);
    if (ownerId !== undefined && ownerId !== '' && ownerId !== terms.owner.id && ownerId !== terms.owner.projectId) throw new S3Error('AccessDenied');
    return allowed(await this.resolved(grants), terms);
  }

  private async resolved(named: readonly NamedGrant[]): Promise<Grant[]> {
    const ids = [...new Set(named.flatMap(({ grantee }) => ('id' in grantee ? [grantee.id] : [])))];
    const found = new Map(await mapLimit(ids, 4, async (id) => [id, await this.userOf(id)] as const));
    return named.map(({ grantee, permission }) => ({ grantee: granteeOf(grantee, found), permission }));
  }

  /** By the name that S3 shows, or a project's id. */
  private async userOf(id: string): Promise<CanonicalUser | undefined> {
    const project = (await this.directory.projects([id])).get(id);
    if (project !== undefined && !project.isDomain) return { id, displayName: project.name, projectId: id };
    const member = await this.directory.findProjectUser(id);
    return member && { id, displayName: id, ...member };
  }
}

export function termsOf(owner: CanonicalUser, bucket: Container): AclTerms {
  const { ownership, publicAccessBlock } = bucket.settings;
  return { owner, bucketOwner: bucketOwner(bucket), ownership, blocksPublic: publicAccessBlock?.blockPublicAcls === true };
}

/** What is kept of an ACL. */
export function kept(acl: Acl): KeptAcl {
  return isPrivate(acl) ? { owner: acl.owner } : { owner: acl.owner, acl: acl.grants };
}

function granteeOf(grantee: NamedGrantee, found: ReadonlyMap<string, CanonicalUser | undefined>): Grantee {
  if ('group' in grantee) return grantee;
  // Addresses are not looked up: who may grant could find out whose they are, and one user has many projects.
  if ('email' in grantee) throw new S3Error('UnresolvableGrantByEmailAddress');
  const user = found.get(grantee.id);
  if (user === undefined) throw invalidArgument('CanonicalUser/ID', grantee.id, 'Invalid id');
  return { user };
}

function allowed(grants: readonly Grant[], { ownership, owner, bucketOwner: holder, blocksPublic }: AclTerms): readonly Grant[] {
  const isOwners = grants.every(({ grantee, permission }) => permission === 'FULL_CONTROL' && 'user' in grantee && (isSameUser(grantee.user, owner) || isSameUser(grantee.user, holder)));
  if (ownership === 'BucketOwnerEnforced' && !isOwners) throw new S3Error('AccessControlListNotSupported', { message: 'The bucket does not allow ACLs' });
  if (blocksPublic && isPublicAcl(grants)) throw new S3Error('AccessDenied', { message: 'Public ACLs are blocked by the bucket\'s public access block.' });
  return grants;
}

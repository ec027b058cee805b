import { ACCESS_KEY_TYPE, accessKeyId, accessKeyOf, type AccessKey } from '@virga/identity-client';
import { Conflict, Invalid, newHexId } from '@virga/kernel';

export interface Credential {
  id: string;
  userId: string;
  projectId: string | null;
  type: string;
  /** What is kept: encrypted wherever it is stored. */
  blob: string;
  extra: Readonly<Record<string, unknown>>;
}

/** A delegation whose limits an access key keeps, as it stands in the key's blob. */
export type KeyDelegation = Pick<AccessKey, 'applicationCredentialId' | 'trustId'>;

export class CredentialExists extends Conflict {
  constructor() {
    super('identity.credential.exists', 'There is already a credential with this access key.');
  }
}

/** The id of a new credential: for EC2 the hash of its access key, so that it can be found by it; else random. */
export function credentialId(type: string, blob: string): string {
  return type === ACCESS_KEY_TYPE ? accessKeyId(requireAccessKey(blob).access) : newHexId();
}

/** The blob of a new credential, for EC2 with the delegation that it was made under; naming another one is `Invalid`. */
export function boundBlob(type: string, blob: string, by: KeyDelegation): string {
  if (type !== ACCESS_KEY_TYPE) return blob;
  const key = requireAccessKey(blob);
  const isFree = key.applicationCredentialId === undefined && key.trustId === undefined;
  if (!isFree) requireSameDelegation(key, by);
  if (by.applicationCredentialId === undefined && by.trustId === undefined) return blob;
  const bound = { ...by.applicationCredentialId !== undefined && { app_cred_id: by.applicationCredentialId }, ...by.trustId !== undefined && { trust_id: by.trustId } };
  return JSON.stringify({ ...JSON.parse(blob) as object, ...bound });
}

/** An access key is bound for good: whoever got it by a delegation must not be able to shake that off. */
export function requireBoundAlike(seen: Credential, next: Credential): void {
  if (next.type === ACCESS_KEY_TYPE || seen.type === ACCESS_KEY_TYPE) {
    const after = next.type === ACCESS_KEY_TYPE ? requireAccessKey(next.blob) : accessKeyOf(next.blob);
    requireSameDelegation(accessKeyOf(seen.blob), after);
  }
}

export function requireProject(type: string, projectId: string | null): void {
  if (type === ACCESS_KEY_TYPE && projectId === null) throw new Invalid('identity.credential.project', 'An EC2 credential needs a project.');
}

function requireAccessKey(blob: string): AccessKey {
  const key = accessKeyOf(blob);
  if (key === undefined) throw new Invalid('identity.credential.blob', "The blob of an EC2 credential is a JSON object with the texts 'access' and 'secret'.");
  return key;
}

function requireSameDelegation(one: KeyDelegation | undefined, other: KeyDelegation | undefined): void {
  if (one?.applicationCredentialId !== other?.applicationCredentialId || one?.trustId !== other?.trustId) {
    throw new Invalid('identity.credential.bound', "An EC2 credential's 'app_cred_id' and 'trust_id' are those of the token it was made with.");
  }
}

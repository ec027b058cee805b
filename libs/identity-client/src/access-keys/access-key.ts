import { createHash } from 'node:crypto';
import type { AuthorizationQuestion } from '../authorization/authorization-query.js';
import { SecretBox, type MasterKey } from '../secret-box.js';

/** What the blob of an EC2 credential says: the two halves of a key, and the delegation whose limits it keeps. */
export interface AccessKey {
  access: string;
  secret: string;
  applicationCredentialId: string | undefined;
  trustId: string | undefined;
}

/** The type of the credentials that hold access keys (identity API, "Credentials"). */
export const ACCESS_KEY_TYPE = 'ec2';

/** The id of the credential that holds an access key: 64 hexadecimal digits, as clients of Keystone compute it too. */
export function accessKeyId(access: string): string {
  return createHash('sha256').update(access).digest('hex');
}

/** Reads the blob of an EC2 credential; undefined where it is no JSON object with a text `access`, or another member is no text. */
export function accessKeyOf(blob: string): AccessKey | undefined {
  const members = jsonObject(blob);
  if (typeof members?.['access'] !== 'string') return undefined;
  const [secret, applicationCredentialId, trustId] = [members['secret'] ?? '', members['app_cred_id'] ?? undefined, members['trust_id'] ?? undefined];
  if (typeof secret !== 'string' || !isTextOrAbsent(applicationCredentialId) || !isTextOrAbsent(trustId)) return undefined;
  return { access: members['access'], secret, applicationCredentialId, trustId };
}

/** What to ask the identity schema about somebody who proved to hold an access key. */
export function accessKeyQuestion(key: AccessKey, userId: string, projectId: string): AuthorizationQuestion {
  return {
    userId, scope: { kind: 'project', id: projectId },
    ...(key.applicationCredentialId !== undefined && { applicationCredentialId: key.applicationCredentialId }),
    ...(key.trustId !== undefined && { trustId: key.trustId }),
  };
}

/** Seals and opens the blobs of credentials; the context is the credential's id. */
export function credentialBox(masterKey: MasterKey): SecretBox {
  return new SecretBox(masterKey, 'credential');
}

function jsonObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';

/** What opens an export at its store. */
export interface StoreCredentials {
  /** The store user's key, as the store writes it. */
  key: string;
  /** Present where the compute host itself opens the volume's encryption. */
  passphrase?: string;
}

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The key for what one compute host alone may read, from the secret that storage hosts share. 32 bytes; a host is given
 * this and never the secret.
 */
export const hostCredentialsKey = (secret: Buffer, host: string): Buffer => createHmac('sha256', secret).update(`store credentials of compute host ${host}`).digest();

/**
 * Credentials that pass through messages and databases on their way to a compute host, and that only this can open
 * (AES-256-GCM). `purpose` names what they are for: they open nothing else.
 */
export function sealCredentials(credentials: StoreCredentials, hostKey: Buffer, purpose: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', hostKey, nonce).setAAD(Buffer.from(purpose, 'utf8'));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(credentials), 'utf8'), cipher.final()]);
  return `${VERSION}.${Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url')}`;
}

/** Throws where they were sealed for another host or purpose; the error tells nothing of them. */
export function openCredentials(sealed: string, hostKey: Buffer, purpose: string): StoreCredentials {
  const [version, body = ''] = sealed.split('.');
  const bytes = Buffer.from(body, 'base64url');
  if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('These are no sealed credentials.');
  const decipher = createDecipheriv('aes-256-gcm', hostKey, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(purpose, 'utf8')).setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')) as StoreCredentials;
  } catch {
    throw new Error('The credentials were sealed for another host or another export.');
  }
}

import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { T, type Static } from '@virga/contract';
import { minutes, type Instant } from '@virga/kernel';

/** `GET /x/volume-keys/{keyId}` at the block storage service, by a storage host in its own name. */
export const volumeKeyPath = (keyId: string): string => `/x/volume-keys/${encodeURIComponent(keyId)}`;

/** The headers of that request: who asks, when (milliseconds since 1970), and `volumeKeySignature`. No token. */
export const VOLUME_KEY_HEADERS = { host: 'x-virga-host', time: 'x-virga-time', signature: 'x-virga-signature' } as const;

/** The answer's body: `sealPassphrase`. 401 for a signature that is none, 404 for a key of no volume or snapshot on this host. */
export const VolumeKeyReply = T.Object({ sealed: T.String() });
export type VolumeKeyReply = Static<typeof VolumeKeyReply>;

/** How far the clocks of a storage host and of the service may be apart. Higher: a request that was overheard can be repeated for longer. */
export const VOLUME_KEY_SKEW = minutes(5);

/** A request for a key: what is signed. */
export interface VolumeKeyRequest {
  host: string;
  keyId: string;
  /** Milliseconds since 1970. */
  time: number;
}

/**
 * The key of one storage host, 64 hexadecimal digits: derived from the installation's storage secret, which no host gets. A host that
 * is taken over can ask in its own name and in no other's.
 */
export function hostStorageKey(secret: string, host: string): string {
  return createHmac('sha256', secret).update(`virga storage host\n${host}`).digest('hex');
}

/** The signature, in hexadecimal digits, of a request with its host's key. */
export function volumeKeySignature(hostKey: string, request: VolumeKeyRequest): string {
  return createHmac('sha256', hostKey).update(`virga volume key\n${signed(request)}`).digest('hex');
}

/** Whether the host asked this, and lately. */
export function isVolumeKeyRequest(hostKey: string, request: VolumeKeyRequest, signature: string, now: Instant): boolean {
  const [expected, given] = [Buffer.from(volumeKeySignature(hostKey, request), 'hex'), Buffer.from(signature, 'hex')];
  return Math.abs(now - request.time) <= VOLUME_KEY_SKEW && given.length === expected.length && timingSafeEqual(given, expected);
}

/** The passphrase for the eyes of the host that asked, base64: it crosses networks that nobody promised to encrypt. */
export function sealPassphrase(hostKey: string, request: VolumeKeyRequest, passphrase: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(hostKey), nonce).setAAD(Buffer.from(signed(request)));
  return Buffer.concat([nonce, cipher.update(passphrase, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** What `sealPassphrase` sealed for this request; throws where it is not that. */
export function openPassphrase(hostKey: string, request: VolumeKeyRequest, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < 28) throw new Error('The sealed passphrase is too short.');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(hostKey), bytes.subarray(0, 12)).setAAD(Buffer.from(signed(request)));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString('utf8');
}

const signed = ({ host, keyId, time }: VolumeKeyRequest): string => `${host}\n${keyId}\n${time}`;

function sealingKey(hostKey: string): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(hostKey, 'hex'), Buffer.alloc(0), 'virga volume key reply', 32));
}

import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** A POST that its client may repeat under a key of the client's choice. */
export interface IdempotentRequest {
  key: string;
  /** The caller's project, or what stands for it: keys of different projects are different keys. */
  projectId: string;
  /** `POST /servers` or the URL: the same key on another route is another request. */
  route: string;
  /** Of the body. */
  requestHash: string;
}

const [IV_BYTES, TAG_BYTES] = [12, 16];

/**
 * Keeps a request's answer so that only its sender can read it.
 *
 * Answers may hold secrets (a generated private key, a first password), and a body's hash would let them be guessed. So
 * the client's key is not stored: from it come the name of the row, the key that the answer is encrypted with, and the
 * key of the fingerprint that recognizes the body.
 */
export class IdempotencySeal {
  /** What the row is found by. */
  readonly keyHash: Buffer;
  /** Equal for equal requests. */
  readonly fingerprint: Buffer;
  private readonly secret: Buffer;

  constructor({ key, projectId, route, requestHash }: IdempotentRequest) {
    const derived = Buffer.from(hkdfSync('sha256', key, projectId, 'virga idempotency', 64));
    this.keyHash = createHash('sha256').update(`${projectId}\0${key}`).digest();
    this.fingerprint = createHmac('sha256', derived.subarray(32)).update(`${route}\0${requestHash}`).digest();
    this.secret = derived.subarray(0, 32);
  }

  close(content: unknown): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.secret, iv);
    const text = Buffer.concat([cipher.update(JSON.stringify(content)), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), text]);
  }

  open(sealed: Buffer): unknown {
    const decipher = createDecipheriv('aes-256-gcm', this.secret, sealed.subarray(0, IV_BYTES));
    decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString());
  }
}

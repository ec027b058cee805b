import { createHash } from 'node:crypto';
import { ownEntry } from '@virga/kernel';
import { KeypairMalformed, type PublicKey } from './keypair.js';

/** Reads the fields of a key's blob: each is its length in four bytes and then its bytes (RFC 4251, "string" and "mpint"). */
class BlobReader {
  private at = 0;

  constructor(private readonly blob: Buffer) {}

  next(): Buffer {
    if (this.at + 4 > this.blob.length) throw new KeypairMalformed('the key ends too early.');
    const length = this.blob.readUInt32BE(this.at);
    const start = this.at + 4;
    if (length > this.blob.length - start) throw new KeypairMalformed('the key ends too early.');
    this.at = start + length;
    return this.blob.subarray(start, this.at);
  }

  requireEnd(): void {
    if (this.at !== this.blob.length) throw new KeypairMalformed('there is something behind the key.');
  }
}

/** Too short a modulus is refused by every SSH server of today; too long a one keeps them busy. */
const RSA_BITS = { least: 1024, most: 16_384 };
const POINT_BYTES: Record<string, number> = { nistp256: 65, nistp384: 97, nistp521: 133 };
const ED25519_BYTES = 32;

type Check = (reader: BlobReader) => void;

/** What follows the algorithm's name in each kind of key (RFC 4253, RFC 5656, RFC 8709, OpenSSH PROTOCOL.u2f). */
const checks: Readonly<Record<string, Check>> = {
  'ssh-rsa': (reader) => {
    reader.next();
    const bits = bitLength(reader.next());
    if (bits < RSA_BITS.least || bits > RSA_BITS.most) throw new KeypairMalformed(`an RSA key has ${RSA_BITS.least} to ${RSA_BITS.most} bits, this one ${bits}.`);
  },
  'ssh-dss': (reader) => {
    for (let count = 0; count < 4; count += 1) reader.next();
  },
  'ssh-ed25519': edwards,
  'ecdsa-sha2-nistp256': curve('nistp256'),
  'ecdsa-sha2-nistp384': curve('nistp384'),
  'ecdsa-sha2-nistp521': curve('nistp521'),
  'sk-ssh-ed25519@openssh.com': (reader) => {
    edwards(reader);
    reader.next();
  },
  'sk-ecdsa-sha2-nistp256@openssh.com': (reader) => {
    curve('nistp256')(reader);
    reader.next();
  },
};

const LINE = /^(\S+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t]+[^\r\n]*)?$/;

/** Reads one line of an `authorized_keys` file without options. Throws `KeypairMalformed`. */
export function parseSshPublicKey(text: string): PublicKey {
  const publicKey = text.trim();
  const match = LINE.exec(publicKey);
  if (match === null) throw new KeypairMalformed('an SSH public key is one line: the algorithm, the key in base64, and a comment.');
  const [, algorithm = '', encoded = ''] = match;
  const check = ownEntry(checks, algorithm);
  if (check === undefined) throw new KeypairMalformed(`'${algorithm.slice(0, 40)}' is no known algorithm.`);
  const blob = Buffer.from(encoded, 'base64');
  const reader = new BlobReader(blob);
  if (reader.next().toString('latin1') !== algorithm) throw new KeypairMalformed('the key is not of the algorithm that stands before it.');
  check(reader);
  reader.requireEnd();
  return { type: 'ssh', publicKey, fingerprint: colons(createHash('md5').update(blob).digest()) };
}

/** `ab:cd:…` */
export function colons(bytes: Buffer): string {
  return bytes.toString('hex').replaceAll(/..(?!$)/g, '$&:');
}

function edwards(reader: BlobReader): void {
  if (reader.next().length !== ED25519_BYTES) throw new KeypairMalformed('an Ed25519 key has 32 bytes.');
}

function curve(name: string): Check {
  return (reader) => {
    if (reader.next().toString('latin1') !== name) throw new KeypairMalformed('the curve is not the algorithm\'s.');
    const point = reader.next();
    if (point.length !== POINT_BYTES[name] || point[0] !== 4) throw new KeypairMalformed('the point is not one of its curve.');
  };
}

function bitLength(integer: Buffer): number {
  const hex = integer.toString('hex').replace(/^(00)+/, '');
  return hex === '' ? 0 : (hex.length / 2 - 1) * 8 + Number.parseInt(hex.slice(0, 2), 16).toString(2).length;
}

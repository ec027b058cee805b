import { createCipheriv, createDecipheriv, randomBytes, type Cipheriv, type Decipheriv } from 'node:crypto';
import { Transform } from 'node:stream';
import { letGo } from '@virga/kernel';

const ALGORITHM = 'aes-256-ctr';
const BLOCK_BYTES = 16;
const KEY_BYTES = 32;

/** A key for one blob; it never encrypts anything else, so counting begins at zero. */
export function newBlobKey(): Buffer {
  return randomBytes(KEY_BYTES);
}

export function encipher(key: Buffer): Cipheriv {
  return createCipheriv(ALGORITHM, key, counterAt(0));
}

/** Decrypts what stands from byte `offset` on. */
export function decipherAt(key: Buffer, offset: number): Decipheriv {
  const decipher = createDecipheriv(ALGORITHM, key, counterAt(Math.floor(offset / BLOCK_BYTES)));
  const withinBlock = offset % BLOCK_BYTES;
  if (withinBlock > 0) decipher.update(Buffer.alloc(withinBlock));
  return decipher;
}

/** Decrypts a stream whose chunks are ours: each is let go of once it has been read. Undefined where nothing is encrypted. */
export function deciphering(decipher: Decipheriv | undefined): Transform | undefined {
  return decipher && new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const clear = decipher.update(chunk);
      letGo(chunk);
      done(null, clear);
    },
  });
}

function counterAt(block: number): Buffer {
  const counter = Buffer.alloc(BLOCK_BYTES);
  counter.writeBigUInt64BE(BigInt(block), BLOCK_BYTES - 8);
  return counter;
}

import { generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { days, type Clock } from '@virga/kernel';
import { parseCertificate } from './certificate.js';
import type { KeypairType, PublicKey } from './keypair.js';
import { parseSshPublicKey } from './ssh-public-key.js';

/** A key made here: the private half is told once and kept nowhere. */
export interface GeneratedKeypair extends PublicKey {
  privateKey: string;
}

const RSA_BITS = 2048;
const VALIDITY = days(3650);
/** Certificates with which Windows guests let a user in over WinRM name the user as a principal. */
const CLIENT_AUTHENTICATION = '1.3.6.1.5.5.7.3.2';

/** Makes a key pair of the kind; a certificate names the user. Runs in the thread pool, some 0.1 s. */
export function generateKeypair(type: KeypairType, userId: string, clock: Clock): Promise<GeneratedKeypair> {
  return type === 'ssh' ? generateSsh() : generateCertificate(userId, clock);
}

/** RSA in the form that every SSH client of the last twenty years reads. */
async function generateSsh(): Promise<GeneratedKeypair> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  const { e, n } = publicKey.export({ format: 'jwk' });
  const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), integer(e as string), integer(n as string)]);
  return {
    ...parseSshPublicKey(`ssh-rsa ${blob.toString('base64')} Generated-by-Virga`),
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  };
}

function field(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A positive number whose highest bit is set gets a zero byte in front: the sign (RFC 4251, "mpint"). */
function integer(base64url: string): Buffer {
  const bytes = Buffer.from(base64url, 'base64url');
  return field((bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

async function generateCertificate(userId: string, clock: Clock): Promise<GeneratedKeypair> {
  // Loaded when needed: hardly any request needs it, and it is large.
  const x509 = await import('@peculiar/x509');
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: RSA_BITS };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    name: [{ CN: [userId] }],
    notBefore: new Date(clock.now()),
    notAfter: new Date(clock.now() + VALIDITY),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.ExtendedKeyUsageExtension([CLIENT_AUTHENTICATION]),
      new x509.SubjectAlternativeNameExtension([{ type: 'upn', value: `${userId}@localhost` }]),
    ],
  });
  const privateKey = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { ...parseCertificate(certificate.toString('pem')), privateKey };
}

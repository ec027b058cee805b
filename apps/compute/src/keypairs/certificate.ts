import { X509Certificate } from 'node:crypto';
import { KeypairMalformed, type PublicKey } from './keypair.js';

/** Reads an X.509 certificate in PEM. Throws `KeypairMalformed`. */
export function parseCertificate(text: string): PublicKey {
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new KeypairMalformed('a certificate in PEM is needed.');
  try {
    const certificate = new X509Certificate(text);
    return { type: 'x509', publicKey: text, fingerprint: certificate.fingerprint.toLowerCase() };
  } catch (error) {
    throw new KeypairMalformed('the certificate cannot be read.', { cause: error });
  }
}

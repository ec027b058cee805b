import 'reflect-metadata';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@virga/testing';
import { parseCertificate } from './certificate.js';
import { generateKeypair } from './generate-keypair.js';
import { parseSshPublicKey } from './ssh-public-key.js';

describe('public keys', () => {
  let directory: string;
  beforeAll(() => { directory = mkdtempSync(join(tmpdir(), 'virga-keys-')); });
  afterAll(() => rmSync(directory, { recursive: true }));

  const keygen = (...args: string[]): string => execFileSync('ssh-keygen', args, { encoding: 'utf8' });

  it.each([['rsa', '2048'], ['ecdsa', '256'], ['ecdsa', '384'], ['ecdsa', '521'], ['ed25519', '256']])('of ssh-keygen (%s %s) are read with ssh-keygen\'s fingerprint', (type, bits) => {
    const file = join(directory, `${type}${bits}`);
    keygen('-q', '-t', type, '-b', bits, '-N', '', '-C', 'a comment', '-f', file);
    const expected = /MD5:(\S+)/.exec(keygen('-l', '-E', 'md5', '-f', `${file}.pub`))?.[1];
    expect(parseSshPublicKey(readFileSync(`${file}.pub`, 'utf8'))).toMatchObject({ type: 'ssh', fingerprint: expected });
  });

  it('that are none are refused', () => {
    keygen('-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'good'));
    const [algorithm, blob] = readFileSync(join(directory, 'good.pub'), 'utf8').split(' ') as [string, string];
    const cut = Buffer.from(blob, 'base64').subarray(0, -1).toString('base64');
    const longer = Buffer.concat([Buffer.from(blob, 'base64'), Buffer.of(0)]).toString('base64');
    for (const text of ['', 'ssh-ed25519', `ssh-rsa ${blob}`, `${algorithm} ${cut}`, `${algorithm} ${longer}`, `${algorithm} !!!`, `toString ${blob}`, `${algorithm} ${blob}\n${algorithm} ${blob}`, 'ssh-ed25519 AAAA']) {
      expect(() => parseSshPublicKey(text)).toThrow('Keypair data is invalid');
    }
    expect(() => parseCertificate('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----')).toThrow('Keypair data is invalid');
  });

  it('come with a private key that ssh-keygen finds to be theirs', async () => {
    const made = await generateKeypair('ssh', 'alice', new ManualClock());
    const file = join(directory, 'made');
    writeFileSync(file, made.privateKey, { mode: 0o600 });
    expect(keygen('-y', '-f', file).split(' ')[1]?.trim()).toBe(made.publicKey.split(' ')[1]);
  });

  it('may be certificates that name their user', async () => {
    const made = await generateKeypair('x509', 'user-alice', new ManualClock());
    const certificate = new X509Certificate(made.publicKey);
    expect(certificate.subject).toBe('CN=user-alice');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey((await import('node:crypto')).createPrivateKey(made.privateKey))).toBe(true);
    expect(made.fingerprint).toMatch(/^([0-9a-f]{2}:){19}[0-9a-f]{2}$/);
  });
});

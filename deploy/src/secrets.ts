import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostStorageKey } from '@virga/contracts-block-storage';
import { guestMetadata } from '@virga/contracts-compute';
import { hostCredentialsKey } from '@virga/ports';
import { SERVICE_USERS, type Cloud, type SecretName } from './cloud.js';

const NAMES: SecretName[] = [
  'database-password', 'broker-password', 'broker-agent-password', 'broker-storage-agent-password', 'broker-cookie', 'admin-password', 'demo-password',
  'metadata-secret', 'storage-secret', ...SERVICE_USERS.map((user) => `${user}-password` as const),
];

/** Makes each secret that does not exist yet; one that exists never changes. Answers how many were made. */
export function ensureSecrets(cloud: Cloud): number {
  const wanted = [...NAMES.map((name) => ({ name, value: () => randomBytes(18).toString('base64url') })),
    ...(['master-key', 'volume-credentials-secret'] as const).map((name) => ({ name, value: () => randomBytes(32).toString('hex') }))];
  const missing = wanted.filter(({ name }) => !existsSync(cloud.secret(name)));
  for (const { name, value } of missing) writePrivately(cloud.secret(name), `${value()}\n`);
  const { name } = cloud.settings.host;
  ensureHostKey(cloud, 'host-metadata-key', guestMetadata.hostMetadataKey(secretOf(cloud, 'metadata-secret'), name));
  ensureHostKey(cloud, 'host-storage-key', hostStorageKey(secretOf(cloud, 'storage-secret'), name));
  ensureHostKey(cloud, 'host-volume-credentials-key', hostCredentialsKey(Buffer.from(secretOf(cloud, 'volume-credentials-secret'), 'hex'), name).toString('hex'));
  return missing.length;
}

/** The host's own part of a secret: another one after the host was given another name. */
function ensureHostKey(cloud: Cloud, name: SecretName, key: string): void {
  const file = cloud.secret(name);
  if (!existsSync(file) || secretOf(cloud, name) !== key) writePrivately(file, `${key}\n`);
}

export function secretOf(cloud: Cloud, name: SecretName): string {
  return readFileSync(cloud.secret(name), 'utf8').trim();
}

/** Writes a file that only its owner may read, complete or not at all. */
export function writePrivately(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { CEPH_PACKAGES, ensurePackages } from '../../prepare/packages.mjs';
import type { Cloud } from '../cloud.js';
import { ownedDirectory, ownedFile } from '../files.js';
import { attempt, run } from '../run.js';
import { StepFailed } from '../../steps.mjs';

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const AUTHORITY_DAYS = 7300;
const HOST_DAYS = 3650;
/** A certificate is made anew when it would end within so long: long before a cloud that is started now and then would meet its end. */
const RENEW_SECONDS = 180 * 24 * 3600;

/**
 * The certificates by which hosts reach each other's volumes.
 *
 * Theory of operation. The cloud has an authority of its own, whose key never leaves the machine that sets hosts up. Each host has one
 * certificate, with its name and its address, and uses it as a server of its own volumes and as a client of others'. Guests' QEMU processes read a
 * copy, so nothing that a server needs is among theirs. All of it may be removed: it is made again, and hosts then need theirs anew.
 */
export async function prepareStorage(cloud: Cloud, guestGroup: string): Promise<void> {
  if (cloud.settings.storage.ceph.length > 0) await ensurePackages(CEPH_PACKAGES);
  const { pki, storagePki, guestPki, volumes, cephWork, storageTasks, backups } = cloud.directories;
  for (const directory of [pki, volumes, cephWork, storageTasks, backups]) ownedDirectory(directory, 'root', 0o700);
  for (const { name, directory } of cloud.settings.storage.directories) {
    // Made here it would be on another disk than the one that is not mounted.
    if (!existsSync(directory)) throw new StepFailed(`The directory ${directory} of the backend ${name} is not there.`, 'Mount its disk, or make the directory.');
    ownedDirectory(directory, 'root', 0o700);
  }
  await ensureAuthority(pki);
  await ensureHostCertificate(cloud);
  // Guests' processes pass through; `pki` itself is closed to them.
  ownedDirectory(guestPki, 'root', 0o750);
  for (const name of ['ca-cert.pem', 'client-cert.pem', 'client-key.pem']) {
    ownedFile(join(guestPki, name), readFileSync(join(storagePki, name), 'utf8'), 'root', 0o640);
  }
  await run(['chgrp', '--recursive', guestGroup, guestPki]);
}

/** Where this host's volumes are reached: the address that services listen on, or, where that is all of them, the public one. */
export const exportAddress = ({ settings: { bindAddress, publicHost } }: Cloud): string => (bindAddress === '0.0.0.0' ? publicHost : bindAddress);

async function ensureAuthority(pki: string): Promise<void> {
  const [key, certificate] = [join(pki, 'ca-key.pem'), join(pki, 'ca-cert.pem')];
  if (existsSync(certificate)) return;
  await run(['openssl', 'req', '-x509', ...CURVE, '-keyout', key, '-out', `${certificate}.new`, '-days', String(AUTHORITY_DAYS), '-subj', '/O=Virga/CN=Virga storage authority',
    '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']);
  await run(['mv', `${certificate}.new`, certificate]);
}

/** Made anew where the host has another name or address, another authority, or not much time left. */
async function ensureHostCertificate(cloud: Cloud): Promise<void> {
  const { pki, storagePki } = cloud.directories;
  const { name } = cloud.settings.host;
  const address = exportAddress(cloud);
  const wanted = `${name}\n${address}\n${readFileSync(join(pki, 'ca-cert.pem'), 'utf8')}`;
  const [madeFor, certificate] = [join(storagePki, 'made-for'), join(storagePki, 'server-cert.pem')];
  const isCurrent = existsSync(madeFor) && readFileSync(madeFor, 'utf8') === wanted
    && (await attempt(['openssl', 'x509', '-in', certificate, '-noout', '-checkend', String(RENEW_SECONDS)])).code === 0;
  if (isCurrent) return;
  rmSync(storagePki, { recursive: true, force: true });
  mkdirSync(storagePki, { recursive: true, mode: 0o700 });
  const file = (part: string): string => join(storagePki, part);
  writeFileSync(file('extensions'), [
    `subjectAltName=${isIP(address) === 0 ? 'DNS' : 'IP'}:${address}`, 'keyUsage=critical,digitalSignature', 'extendedKeyUsage=serverAuth,clientAuth', '',
  ].join('\n'));
  await run(['openssl', 'req', ...CURVE, '-keyout', file('server-key.pem'), '-out', file('request'), '-subj', `/O=Virga/CN=${name}`]);
  await run(['openssl', 'x509', '-req', '-in', file('request'), '-CA', join(pki, 'ca-cert.pem'), '-CAkey', join(pki, 'ca-key.pem'), '-CAcreateserial',
    '-out', certificate, '-days', String(HOST_DAYS), '-extfile', file('extensions')]);
  for (const part of ['key', 'cert']) await run(['cp', '--preserve=mode', file(`server-${part}.pem`), file(`client-${part}.pem`)]);
  await run(['cp', join(pki, 'ca-cert.pem'), file('ca-cert.pem')]);
  for (const part of ['request', 'extensions']) rmSync(file(part));
  writeFileSync(madeFor, wanted, { mode: 0o600 });
}

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * An authority of one's own and, for each name, a directory that QEMU takes: `ca-cert.pem` and the name's certificate as both
 * server and client, for `address`. For tests; keys are of small curves.
 */
export async function makeCertificates(directory: string, names: string[], address: string): Promise<void> {
  const file = (...parts: string[]): string => join(directory, ...parts);
  await mkdir(directory, { recursive: true });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', ['req', '-x509', ...curve, '-keyout', file('ca.key'), '-out', file('ca.pem'), '-days', '2', '-subj', '/CN=test authority',
    '-addext', 'keyUsage=critical,keyCertSign']);
  const extensions = file('extensions');
  await writeFile(extensions, `subjectAltName=IP:${address}\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n`);
  for (const name of names) {
    await mkdir(file(name));
    await run('openssl', ['req', ...curve, '-keyout', file(name, 'server-key.pem'), '-out', file(name, 'request'), '-subj', `/O=Virga/CN=${name}`]);
    await run('openssl', ['x509', '-req', '-in', file(name, 'request'), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial',
      '-out', file(name, 'server-cert.pem'), '-days', '2', '-extfile', extensions]);
    await run('cp', [file('ca.pem'), file(name, 'ca-cert.pem')]);
    for (const kind of ['key', 'cert']) await run('cp', [file(name, `server-${kind}.pem`), file(name, `client-${kind}.pem`)]);
  }
}

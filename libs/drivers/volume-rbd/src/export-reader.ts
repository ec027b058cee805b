import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { openCredentials, purposeOf, type RbdAddress } from '@virga/ports';
import { refused, translating } from '@virga/driver-volume-file/disks';
import { endOpenedDisks, openDisk, type BlockNode, type OpenedDisk } from './opened-disk.js';

const IV_BYTES = 16;

/**
 * Reads what storage hosts export to this host from Ceph pools, whatever clusters these are in: from an address alone, as guests do.
 *
 * Theory of operation. Each export is opened by a `qemu-nbd` of its own, read-only, that ends with our connection; those of a dead process
 * are ended at the next start. It is given two secrets, of which one can come through its standard input: so that is a key made for
 * this once, and the others stand in its arguments encrypted with it.
 */
export class ExportReader {
  private constructor(private readonly hostKey: Buffer, private readonly runDirectory: string) {}

  /** `hostKey` as `hostCredentialsKey` makes it; `runDirectory` is for sockets, at most 80 characters, and ours alone. */
  static async open(hostKey: Buffer, runDirectory: string): Promise<ExportReader> {
    await mkdir(runDirectory, { recursive: true, mode: 0o700 });
    await endOpenedDisks(runDirectory);
    return new ExportReader(hostKey, runDirectory);
  }

  /** `Refused` where it was not exported to this host; `DriverUnavailable` where the pool cannot be reached, or the export was taken away. */
  disk(address: RbdAddress, signal: AbortSignal): Promise<OpenedDisk> {
    return translating(signal, async () => {
      const { key, passphrase } = this.credentials(address);
      const once = randomBytes(32);
      const secrets = [
        '--object', 'secret,id=once,format=base64,file=/dev/stdin',
        ...encrypted('key', Buffer.from(key, 'base64'), once),
        ...(passphrase === undefined ? [] : encrypted('passphrase', Buffer.from(passphrase, 'utf8'), once)),
      ];
      return openDisk(nodeOf(address), { isWritable: false, runDirectory: this.runDirectory, secrets, input: once.toString('base64') }, signal);
    });
  }

  private credentials(address: RbdAddress): ReturnType<typeof openCredentials> {
    try {
      return openCredentials(address.sealed, this.hostKey, purposeOf(address));
    } catch {
      throw refused('the volume is exported to another host, or this host\'s key for credentials is not the one that it is exported to');
    }
  }
}

/** A secret as QEMU takes it among arguments, where everybody reads them: AES-256-CBC with a key that it has from elsewhere. */
function encrypted(id: string, bytes: Buffer, key: Buffer): string[] {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const data = Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64');
  return ['--object', `secret,id=${id},keyid=once,format=base64,iv=${iv.toString('base64')},data=${data}`];
}

function nodeOf({ pool, image, user, monitors, isEncrypted }: RbdAddress): BlockNode {
  const server = monitors.map(({ address, port }) => ({ host: address, port: String(port) }));
  const file: BlockNode = { driver: 'rbd', pool, image, user, 'key-secret': 'key', server };
  return isEncrypted ? { driver: 'qcow2', encrypt: { format: 'luks', 'key-secret': 'passphrase' }, file } : { driver: 'raw', file };
}

import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { NbdClient } from '@virga/driver-volume-file';
import { hostCredentialsKey, openCredentials, purposeOf, type ExportAddress } from '@virga/ports';
import type { GuestDiskUnderTest } from '@virga/ports/testing';

const OPEN_WITHIN_MS = 20_000;

/** Guests of one compute host that open exports as its QEMU does: with nothing but the address and the host's key. For tests. */
export class CephGuests {
  private readonly children: ChildProcess[] = [];

  private constructor(private readonly directory: string, private readonly hostKey: Buffer) {}

  /** What they need is below `parent` until `end`. */
  static async of(secret: Buffer, host: string, parent = tmpdir()): Promise<CephGuests> {
    const directory = await mkdtemp(join(parent, 'vguest-'));
    await writeFile(join(directory, 'ceph.conf'), '[global]\nadmin_socket =\nlog_file =\nclient_mount_timeout = 3\nrados_mon_op_timeout = 10\n');
    return new CephGuests(directory, hostCredentialsKey(secret, host));
  }

  connect(address: ExportAddress): GuestDiskUnderTest {
    const client = this.open(address);
    client.catch(() => undefined);
    return {
      sizeBytes: async () => (await client).sizeBytes,
      read: async (offset, length) => (await client).read(offset, length),
      // Guests flush what must not be lost: an encrypted disk keeps tables of its own in memory until then.
      write: async (offset, bytes) => {
        await (await client).write(offset, bytes);
        await (await client).flush();
      },
    };
  }

  async end(): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  private async open(address: ExportAddress): Promise<NbdClient> {
    if (address.kind !== 'rbd') throw new Error('expected an export of a Ceph pool');
    const { pool, image, user, monitors, isEncrypted, sealed } = address;
    const { key, passphrase } = openCredentials(sealed, this.hostKey, purposeOf(address));
    const name = randomUUID().slice(0, 8);
    const file = (suffix: string): string => join(this.directory, `${name}.${suffix}`);
    await writeFile(file('key'), key, { mode: 0o600 });
    await writeFile(file('passphrase'), passphrase ?? '', { mode: 0o600 });
    const rbd = {
      driver: 'rbd', pool, image, user, 'key-secret': 'key', conf: join(this.directory, 'ceph.conf'), cache: { direct: true },
      server: monitors.map((monitor) => ({ host: monitor.address, port: String(monitor.port) })),
    };
    const disk = isEncrypted ? { driver: 'qcow2', encrypt: { format: 'luks', 'key-secret': 'passphrase' }, file: rbd } : { driver: 'raw', file: rbd };
    const child = spawn('qemu-nbd', [
      '--object', `secret,id=key,format=base64,file=${file('key')}`, '--object', `secret,id=passphrase,file=${file('passphrase')}`,
      '--persistent', '--shared=0', '--cache=none', '--socket', file('socket'), `json:${JSON.stringify(disk)}`,
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.children.push(child);
    return this.connected(child, file('socket'));
  }

  private async connected(child: ChildProcess, socketPath: string): Promise<NbdClient> {
    let complaint = '';
    child.stderr?.on('data', (chunk: Buffer) => { complaint += chunk.toString('utf8'); });
    for (const deadline = AbortSignal.timeout(OPEN_WITHIN_MS); ; await pause(20)) {
      const client = await NbdClient.connect(socketPath, '', AbortSignal.timeout(OPEN_WITHIN_MS)).catch(() => undefined);
      if (client) return client;
      if (child.exitCode !== null || deadline.aborted) throw new Error(`The guest cannot open its volume: ${complaint}`);
    }
  }
}

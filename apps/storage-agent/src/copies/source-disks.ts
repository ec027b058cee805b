import { NbdClient } from '@virga/driver-volume-file';
import { ExportReader } from '@virga/driver-volume-rbd';
import { Refused, type ExportAddress } from '@virga/ports';

/** A volume of another backend that is exported to this host, to be read. */
export interface SourceDisk {
  readonly sizeBytes: number;
  /** At most `MOST_BYTES`. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

export interface SourceOptions {
  /** This host's certificates, with which it reads volumes of other hosts; absent: it does not. */
  pkiDirectory?: string;
  /** For volumes of Ceph pools: this host's key for what opens them, and where sockets are. Absent: it does not read those. */
  rbd?: { hostKey: Buffer; runDirectory: string };
}

/** Opens what storage hosts, this one or others, export to this one. */
export class SourceDisks {
  private constructor(private readonly pkiDirectory: string | undefined, private readonly rbd: ExportReader | undefined) {}

  static async of({ pkiDirectory, rbd }: SourceOptions): Promise<SourceDisks> {
    return new SourceDisks(pkiDirectory, rbd && await ExportReader.open(rbd.hostKey, rbd.runDirectory));
  }

  /** `Refused` for a kind that this host is not set up to read. */
  async open(source: ExportAddress, signal: AbortSignal): Promise<SourceDisk> {
    if (source.kind === 'rbd') return this.openImage(source, signal);
    if (source.kind === 'nbd-tls' && this.pkiDirectory === undefined) throw new Refused('storage', 'this host has no certificates with which to read volumes of others');
    const client = await NbdClient.connectTo(source, this.pkiDirectory ?? '', signal);
    return { sizeBytes: client.sizeBytes, read: (offset, length) => client.read(offset, length), close: async () => client.close() };
  }

  private async openImage(source: Extract<ExportAddress, { kind: 'rbd' }>, signal: AbortSignal): Promise<SourceDisk> {
    if (this.rbd === undefined) throw new Refused('storage', 'this host has no key with which to read volumes of a Ceph pool');
    const { client, close } = await this.rbd.disk(source, signal);
    return { sizeBytes: client.sizeBytes, read: (offset, length) => client.read(offset, length), close };
  }
}

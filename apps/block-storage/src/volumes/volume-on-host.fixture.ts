import type { SimVolumeBackend } from '@virga/driver-volume-file/sim';
import { newId, type VolumeId } from '@virga/kernel';
import type { BlockStorageWorld } from '../testing/index.js';

/** What tests of contents and moves do on the storage hosts, past the service. */
export class VolumesOnHosts {
  constructor(private readonly world: BlockStorageWorld) {}

  /** Writes into a volume, as a guest would. */
  async write(id: string, text: string, host = 'node-1'): Promise<void> {
    const backend = this.backend(host);
    const { volumes } = await backend.observe(AbortSignal.timeout(5_000));
    const { generation } = volumes.find((volume) => (volume.id as string) === id) ?? { generation: 0 };
    await backend.write({ id: id as VolumeId, generation }, (async function* () {
      yield { offset: 4096, bytes: Buffer.from(text) };
    })(), AbortSignal.timeout(5_000));
  }

  async read(id: string, length: number, host = 'node-1'): Promise<string> {
    const parts: Buffer[] = [];
    const range = { first: 4096, last: 4096 + length - 1 };
    for await (const part of await this.backend(host).read({ volumeId: id as VolumeId }, range, AbortSignal.timeout(5_000))) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
  }

  /** A snapshot that is there, in the table and on the host. */
  async snapshot(volumeId: string, more: { status?: string; size?: number; host?: string } = {}): Promise<string> {
    const id = newId<'snapshot'>();
    await this.backend(more.host ?? 'node-1').ensureSnapshots([{ id, generation: 1, volumeId: volumeId as VolumeId }], AbortSignal.timeout(5_000));
    await this.world.database.sql`
      INSERT INTO snapshot (id, project_id, user_id, volume_id, type_id, size_gibibytes, status, progress, backend)
      SELECT ${id}, project_id, user_id, id, type_id, ${more.size ?? 1}, ${more.status ?? 'available'}, '100%', backend FROM volume WHERE id = ${volumeId}`;
    return id;
  }

  async type(name: string, extraSpecs: Record<string, string> = {}): Promise<string> {
    const id = newId();
    await this.world.database.sql`INSERT INTO volume_type (id, name, extra_specs) VALUES (${id}, ${name}, ${JSON.stringify(extraSpecs)}::jsonb)`;
    return id;
  }

  private backend(host: string): SimVolumeBackend {
    return this.world.cloud.host(host).backend();
  }
}

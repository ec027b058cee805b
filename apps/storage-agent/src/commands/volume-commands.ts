import type { MessageBody } from '@virga/contract';
import {
  ensureExport, ensureNoExport, ensureNoSnapshot, ensureNoVolume, ensureReverted, ensureSnapshots, ensureVolume, ensureVolumeSize,
  type VolumeSourceCommand,
} from '@virga/contracts-block-storage';
import type { AttachmentId, SnapshotId, VolumeId } from '@virga/kernel';
import { on, type Delivery, type Handler } from '@virga/messaging';
import type { VolumeKey, VolumeSource } from '@virga/ports';
import type { Backends } from '../backends/index.js';
import type { ImageService } from '../images/index.js';
import type { VolumeKeySource } from '../keys/index.js';
import type { StorageReporter } from '../reports/index.js';
import type { CommandRunner } from './command-runner.js';

interface Parts {
  backends: Backends;
  keys: VolumeKeySource;
  images: ImageService;
  reporter: StorageReporter;
  runner: CommandRunner;
}

/** What block storage tells this host to make true of volumes, snapshots and exports; each is answered by how the thing is then. */
export class VolumeCommands {
  constructor(private readonly parts: Parts) {}

  get handlers(): Handler[] {
    return [...this.volumes, ...this.snapshots, ...this.exports];
  }

  private get volumes(): Handler[] {
    const { backends, reporter, runner } = this.parts;
    return [
      on(ensureVolume, (command, delivery) => this.ensureVolume(command, delivery)),
      on(ensureVolumeSize, (command, delivery) => runner.run(ensureVolumeSize.type, command, delivery, async (signal) => {
        const { backend, id, generation, sizeBytes, keyId } = command;
        await backends.get(backend).ensureSize({ id: id as VolumeId, generation, sizeBytes, ...await this.keyed(keyId, signal) }, signal);
        await reporter.volume(backend, id, generation, signal);
      })),
      on(ensureNoVolume, (command, delivery) => runner.run(ensureNoVolume.type, command, delivery, async (signal) => {
        const { backend, id, generation } = command;
        await backends.get(backend).ensureNoVolume(id as VolumeId, generation, signal);
        await reporter.volume(backend, id, generation, signal);
      })),
      on(ensureReverted, (command, delivery) => runner.run(ensureReverted.type, command, delivery, async (signal) => {
        const { backend, id, generation, snapshotId, keyId } = command;
        await backends.get(backend).ensureReverted({ id: id as VolumeId, generation, snapshotId: snapshotId as SnapshotId, ...await this.keyed(keyId, signal) }, signal);
        await reporter.volume(backend, id, generation, signal);
      })),
    ];
  }

  private get snapshots(): Handler[] {
    const { backends, reporter, runner } = this.parts;
    return [
      on(ensureSnapshots, (command, delivery) => runner.runAll(ensureSnapshots.type, command.backend, command.snapshots, delivery, async (signal) => {
        const { backend, snapshots } = command;
        const requests = [];
        for (const { id, generation, volumeId, keyId } of snapshots) {
          requests.push({ id: id as SnapshotId, generation, volumeId: volumeId as VolumeId, ...await this.keyed(keyId, signal) });
        }
        await backends.get(backend).ensureSnapshots(requests, signal);
        await reporter.snapshots(backend, snapshots, signal);
      })),
      on(ensureNoSnapshot, (command, delivery) => runner.run(ensureNoSnapshot.type, command, delivery, async (signal) => {
        const { backend, id, generation } = command;
        await backends.get(backend).ensureNoSnapshot(id as SnapshotId, generation, signal);
        await reporter.snapshots(backend, [command], signal);
      })),
    ];
  }

  private get exports(): Handler[] {
    const { backends, reporter, runner } = this.parts;
    return [
      on(ensureExport, (command, delivery) => runner.run(ensureExport.type, { ...command, id: command.attachmentId }, delivery, async (signal) => {
        const { backend, attachmentId, volumeId, keyId, ...rest } = command;
        const request = { ...rest, attachmentId: attachmentId as AttachmentId, volumeId: volumeId as VolumeId };
        reporter.exported(backend, command, await backends.get(backend).ensureExport({ ...request, ...await this.keyed(keyId, signal) }, signal));
      })),
      on(ensureNoExport, (command, delivery) => runner.run(ensureNoExport.type, { ...command, id: command.attachmentId }, delivery, async (signal) => {
        const { backend, attachmentId, generation } = command;
        await backends.get(backend).ensureNoExport(attachmentId as AttachmentId, generation, signal);
        reporter.withdrawn(backend, attachmentId as AttachmentId, generation);
      })),
    ];
  }

  private async ensureVolume(command: MessageBody<typeof ensureVolume>, delivery: Delivery): Promise<void> {
    const { backends, reporter, runner } = this.parts;
    const { backend, id, generation, sizeBytes, source, keyId } = command;
    const work = async (signal: AbortSignal): Promise<void> => {
      const spec = { id: id as VolumeId, generation, sizeBytes, source: this.sourceOf(source) };
      await backends.get(backend).ensureVolume({ ...spec, ...await this.keyed(keyId, signal) }, signal);
      await reporter.volume(backend, id, generation, signal);
    };
    // An image may take longer to come than a broker lets a message go unacknowledged.
    if (source.kind === 'image') runner.begin(ensureVolume.type, command, work);
    else await runner.run(ensureVolume.type, command, delivery, work);
  }

  private sourceOf(source: VolumeSourceCommand): VolumeSource {
    if (source.kind === 'snapshot') return { kind: 'snapshot', snapshotId: source.snapshotId as SnapshotId };
    if (source.kind === 'volume') return { kind: 'volume', volumeId: source.volumeId as VolumeId };
    if (source.kind === 'empty') return { kind: 'empty' };
    const { imageId, format, sizeBytes, ticket } = source;
    return { kind: 'image', format, sizeBytes, open: (signal) => this.parts.images.read(imageId, ticket, signal) };
  }

  private async keyed(keyId: string | null, signal: AbortSignal): Promise<{ key?: VolumeKey }> {
    const key = await this.parts.keys.get(keyId, signal);
    return key ? { key } : {};
  }
}

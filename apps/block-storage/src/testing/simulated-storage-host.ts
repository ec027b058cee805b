import { Readable } from 'node:stream';
import type { MessageBody, MessageContract } from '@virga/contract';
import {
  copyVolume, ensureExport, ensureNoExport, ensureNoSnapshot, ensureNoVolume, ensureReverted, ensureSnapshots, ensureVolume, ensureVolumeSize, exportReport,
  removeBackup, restoreBackup, snapshotReport, storageCommandFailed, storageReport, taskReport, uploadVolume, volumeReport, writeBackup, type VolumeSourceCommand,
} from '@virga/contracts-block-storage';
import { SimVolumeBackend, type SimGuestDisk } from '@virga/driver-volume-file/sim';
import { Fault, type AttachmentId, type SnapshotId, type VolumeId } from '@virga/kernel';
import { Outdated, Refused, type ExportAddress, type VolumeBlock, type VolumeKey, type VolumeSource } from '@virga/ports';

export interface Report {
  contract: MessageContract;
  body: unknown;
  sequence: number;
}

type Body<Contract extends MessageContract> = MessageBody<Contract>;

/** What a task leaves behind, for tests to look at. */
export interface SimulatedTask {
  taskId: string;
  type: string;
  body: Record<string, unknown>;
}

const GIBIBYTE = 1024 ** 3;

/** A storage host with its agent, as far as the bus shows them: it obeys commands on simulated backends and reports what they hold. */
export class SimulatedStorageHost {
  readonly backends = new Map<string, SimVolumeBackend>();
  /** Reports that nobody has taken yet. */
  readonly reports: Report[] = [];
  /** Tasks that were carried out, the newest command of each. */
  readonly tasks = new Map<string, SimulatedTask>();
  /** The types of the commands that it was given, in their order. */
  readonly received: string[] = [];
  /** It answers nothing any more. */
  isGone = false;
  /** What it says instead of carrying out commands of these types; `*` for all. */
  readonly refusals = new Map<string, Refusal>();
  /** Images' bytes by their id; others are as many zeros as were announced. */
  readonly images = new Map<string, Buffer>();
  /** Opens what another host, or this one, exports. */
  connect: (address: ExportAddress) => SimGuestDisk = () => { throw new Error('There is no other host.'); };
  /** How much of its backends may be promised. */
  promises = { reservedPercentage: 0, maxOverSubscriptionRatio: 20 };
  private sequence = 0;

  constructor(readonly name: string, readonly zone = 'nova', backends: Readonly<Record<string, SimVolumeBackend>> = { file: new SimVolumeBackend({ ownHost: name, totalBytes: 1000 * GIBIBYTE }) }) {
    for (const [backend, simulated] of Object.entries(backends)) this.backends.set(backend, simulated);
  }

  backend(name = 'file'): SimVolumeBackend {
    const backend = this.backends.get(name);
    if (backend === undefined) throw new Error(`${this.name} has no backend ${name}.`);
    return backend;
  }

  /** Carries out a command, as an agent would after it came from the queue. */
  async obey(type: string, body: unknown): Promise<void> {
    if (this.isGone) return;
    this.received.push(type);
    const { backend } = body as Addressed;
    try {
      this.requireWilling(type);
      await this.commands[type]?.(this.backend(backend), body as never);
    } catch (error) {
      if (error instanceof Outdated) return;
      for (const about of aboutOf(body as Addressed)) this.report(storageCommandFailed, { backend, ...about, command: type, ...saidOf(error) });
    }
  }

  private requireWilling(type: string): void {
    const refusal = this.refusals.get(type) ?? this.refusals.get('*');
    if (refusal !== undefined) throw new Unwilling(refusal);
  }

  /** It has just started, or a while has passed: it says what it is and has. */
  async announce(): Promise<void> {
    if (this.isGone) return;
    const backends = [];
    for (const [name, backend] of this.backends) {
      const { volumes, snapshots } = await backend.observe(patience());
      const capacity = await backend.capacity(patience());
      backends.push({
        name, kind: 'file', isAvailable: true, totalBytes: capacity.totalBytes, freeBytes: capacity.freeBytes, provisionedBytes: capacity.provisionedBytes,
        ...this.promises,
        capabilities: backend.capabilities, volumes: volumes.map(({ id, generation, sizeBytes }) => ({ id, generation, sizeBytes })),
        snapshots: snapshots.map(({ id, generation, volumeId, sizeBytes }) => ({ id, generation, volumeId, sizeBytes })),
        exports: volumes.flatMap((volume) => volume.exports.map(({ attachmentId, generation, isServed, address = null }) => ({
          attachmentId, generation, volumeId: volume.id, address, isServed,
        }))),
      });
    }
    this.report(storageReport, { availabilityZone: this.zone, agentVersion: '1', backends });
  }

  /** The machine dies. */
  vanish(): void {
    this.isGone = true;
    for (const backend of this.backends.values()) backend.vanish();
  }

  async comeBack(): Promise<void> {
    this.isGone = false;
    for (const backend of this.backends.values()) backend.comeBack();
    await this.announce();
  }

  private readonly commands: Readonly<Record<string, (backend: SimVolumeBackend, body: never) => Promise<void>>> = {
    [ensureVolume.type]: async (backend, { id, generation, sizeBytes, source, keyId, ...body }: Body<typeof ensureVolume>) => {
      await backend.ensureVolume({ id: id as VolumeId, generation, sizeBytes, source: this.source(source), ...keyed(keyId) }, patience());
      await this.reportVolume(backend, body.backend, id, generation);
    },
    [ensureVolumeSize.type]: async (backend, { id, generation, sizeBytes, keyId, ...body }: Body<typeof ensureVolumeSize>) => {
      await backend.ensureSize({ id: id as VolumeId, generation, sizeBytes, ...keyed(keyId) }, patience());
      await this.reportVolume(backend, body.backend, id, generation);
    },
    [ensureReverted.type]: async (backend, { id, generation, snapshotId, keyId, ...body }: Body<typeof ensureReverted>) => {
      await backend.ensureReverted({ id: id as VolumeId, generation, snapshotId: snapshotId as SnapshotId, ...keyed(keyId) }, patience());
      await this.reportVolume(backend, body.backend, id, generation);
    },
    [ensureNoVolume.type]: async (backend, { id, generation, ...body }: Body<typeof ensureNoVolume>) => {
      await backend.ensureNoVolume(id as VolumeId, generation, patience());
      await this.reportVolume(backend, body.backend, id, generation);
    },
    [ensureSnapshots.type]: async (backend, { snapshots, ...body }: Body<typeof ensureSnapshots>) => {
      await backend.ensureSnapshots(snapshots.map(({ id, generation, volumeId, keyId }) => ({
        id: id as SnapshotId, generation, volumeId: volumeId as VolumeId, ...keyed(keyId),
      })), patience());
      for (const { id, generation } of snapshots) await this.reportSnapshot(backend, body.backend, id, generation);
    },
    [ensureNoSnapshot.type]: async (backend, { id, generation, ...body }: Body<typeof ensureNoSnapshot>) => {
      await backend.ensureNoSnapshot(id as SnapshotId, generation, patience());
      await this.reportSnapshot(backend, body.backend, id, generation);
    },
    [ensureExport.type]: async (backend, { attachmentId, generation, volumeId, host, isReadOnly, isShared, keyId, ...body }: Body<typeof ensureExport>) => {
      const address = await backend.ensureExport({
        attachmentId: attachmentId as AttachmentId, generation, volumeId: volumeId as VolumeId, host, isReadOnly, isShared, ...keyed(keyId),
      }, patience());
      this.report(exportReport, { backend: body.backend, attachmentId, generation, volumeId, address, isServed: true });
    },
    [ensureNoExport.type]: async (backend, { attachmentId, generation, ...body }: Body<typeof ensureNoExport>) => {
      await backend.ensureNoExport(attachmentId as AttachmentId, generation, patience());
      this.report(exportReport, { backend: body.backend, attachmentId, generation, volumeId: null, address: null, isServed: false });
    },
    [copyVolume.type]: async (backend, body: Body<typeof copyVolume>) => {
      const { volumeId, volumeGeneration, keyId, source } = body;
      await backend.write({ id: volumeId as VolumeId, generation: volumeGeneration, ...keyed(keyId) }, beginningOf(this.connect(source)), patience());
      this.carryOut(copyVolume.type, body);
    },
    ...Object.fromEntries([uploadVolume, writeBackup, restoreBackup, removeBackup].map(({ type }) => [
      type, async (_: SimVolumeBackend, body: never) => this.carryOut(type, body),
    ])),
  };

  /** Tasks are done at once; what they would have moved is not. */
  private carryOut(type: string, body: Record<string, unknown> & { taskId: string; generation: number }): void {
    this.tasks.set(body.taskId, { taskId: body.taskId, type, body });
    this.report(taskReport, { taskId: body.taskId, generation: body.generation, state: 'done', percent: 100, sizeBytes: 65_536, objects: 1, code: null, message: null });
  }

  private async reportVolume(backend: SimVolumeBackend, name: string, id: string, generation: number): Promise<void> {
    const volume = (await backend.observe(patience())).volumes.find((one) => one.id === id);
    this.report(volumeReport, { backend: name, id, generation: volume?.generation ?? generation, sizeBytes: volume?.sizeBytes ?? null });
  }

  private async reportSnapshot(backend: SimVolumeBackend, name: string, id: string, generation: number): Promise<void> {
    const snapshot = (await backend.observe(patience())).snapshots.find((one) => one.id === id);
    this.report(snapshotReport, {
      backend: name, id, generation: snapshot?.generation ?? generation, volumeId: snapshot?.volumeId ?? null, sizeBytes: snapshot?.sizeBytes ?? null,
    });
  }

  private source(source: VolumeSourceCommand): VolumeSource {
    if (source.kind === 'image') {
      const { imageId, format, sizeBytes } = source;
      return { kind: 'image', format, sizeBytes, open: async () => Readable.from([this.images.get(imageId) ?? imageBytes(format, sizeBytes)], { objectMode: false }) };
    }
    if (source.kind === 'snapshot') return { kind: 'snapshot', snapshotId: source.snapshotId as SnapshotId };
    return source.kind === 'volume' ? { kind: 'volume', volumeId: source.volumeId as VolumeId } : { kind: 'empty' };
  }

  private report<Contract extends MessageContract>(contract: Contract, body: Body<Contract>): void {
    this.reports.push({ contract, body, sequence: ++this.sequence });
  }
}

interface Addressed {
  backend: string;
  generation?: number;
  id?: string;
  attachmentId?: string;
  taskId?: string;
  snapshots?: { id: string; generation: number }[];
}

/** What a command is about. */
function aboutOf({ id, attachmentId, taskId, generation, snapshots }: Addressed): { id: string; generation: number }[] {
  return snapshots?.map((one) => ({ id: one.id, generation: one.generation })) ?? [{ id: id ?? attachmentId ?? taskId ?? '', generation: generation ?? 0 }];
}

interface Refusal {
  code: string;
  message: string;
  isFinal: boolean;
}

class Unwilling extends Error {
  constructor(readonly said: Refusal) {
    super(said.message);
  }
}

function saidOf(error: unknown): Refusal {
  if (error instanceof Unwilling) return error.said;
  return { code: error instanceof Fault ? error.code : 'driver.failed', message: (error as Error).message, isFinal: error instanceof Refused };
}

/** The passphrase that the service would have told. */
function keyed(keyId: string | null): { key?: VolumeKey } {
  return keyId === null ? {} : { key: { id: keyId, passphrase: `passphrase of ${keyId}` } };
}

/** Of a disk, as much as tests write: all of it would be mostly zeros. */
async function* beginningOf(disk: SimGuestDisk): AsyncIterable<VolumeBlock> {
  yield { offset: 0, bytes: disk.read(0, 65_536) };
}

function imageBytes(format: 'qcow2' | 'raw', sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  if (format === 'qcow2') bytes.write('QFI\xfb', 0, 'latin1');
  return bytes;
}

function patience(): AbortSignal {
  return AbortSignal.timeout(5_000);
}

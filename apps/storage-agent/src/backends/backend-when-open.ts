import { unlessAborted } from '@virga/kernel';
import type { VolumeBackend, VolumeCapabilities } from '@virga/ports';

/**
 * A backend whose store is elsewhere and may not be there when the host starts: the other backends must not wait for it.
 *
 * Theory of operation. Opening is begun at once and again by whoever needs the store after it failed, by one at a time. Until it has
 * worked every call fails as opening does, which is what callers do again.
 */
export class BackendWhenOpen implements VolumeBackend {
  private opened: VolumeBackend & { close(): Promise<void> } | undefined;
  private opening: Promise<VolumeBackend> | undefined;

  constructor(readonly capabilities: VolumeCapabilities, private readonly open: () => Promise<VolumeBackend & { close(): Promise<void> }>) {
    this.whenOpen().catch(() => undefined);
  }

  readonly capacity: VolumeBackend['capacity'] = (signal) => this.use(signal, (backend) => backend.capacity(signal));
  readonly observe: VolumeBackend['observe'] = (signal) => this.use(signal, (backend) => backend.observe(signal));
  readonly ensureVolume: VolumeBackend['ensureVolume'] = (spec, signal) => this.use(signal, (backend) => backend.ensureVolume(spec, signal));
  readonly ensureSize: VolumeBackend['ensureSize'] = (request, signal) => this.use(signal, (backend) => backend.ensureSize(request, signal));
  readonly ensureSnapshots: VolumeBackend['ensureSnapshots'] = (requests, signal) => this.use(signal, (backend) => backend.ensureSnapshots(requests, signal));
  readonly ensureReverted: VolumeBackend['ensureReverted'] = (request, signal) => this.use(signal, (backend) => backend.ensureReverted(request, signal));
  readonly ensureNoSnapshot: VolumeBackend['ensureNoSnapshot'] = (id, generation, signal) => this.use(signal, (backend) => backend.ensureNoSnapshot(id, generation, signal));
  readonly ensureNoVolume: VolumeBackend['ensureNoVolume'] = (id, generation, signal) => this.use(signal, (backend) => backend.ensureNoVolume(id, generation, signal));
  readonly ensureExport: VolumeBackend['ensureExport'] = (request, signal) => this.use(signal, (backend) => backend.ensureExport(request, signal));
  readonly ensureNoExport: VolumeBackend['ensureNoExport'] = (id, generation, signal) => this.use(signal, (backend) => backend.ensureNoExport(id, generation, signal));
  readonly read: VolumeBackend['read'] = (source, range, signal) => this.use(signal, (backend) => backend.read(source, range, signal));
  readonly extents: VolumeBackend['extents'] = (snapshot, signal) => this.use(signal, (backend) => backend.extents(snapshot, signal));
  readonly changedExtents: VolumeBackend['changedExtents'] = (snapshot, since, signal) => this.use(signal, (backend) => backend.changedExtents(snapshot, since, signal));
  readonly write: VolumeBackend['write'] = (request, blocks, signal) => this.use(signal, (backend) => backend.write(request, blocks, signal));
  readonly tend: VolumeBackend['tend'] = (signal) => this.use(signal, (backend) => backend.tend(signal));

  async close(): Promise<void> {
    await this.opening?.catch(() => undefined);
    await this.opened?.close();
  }

  private async use<Result>(signal: AbortSignal, work: (backend: VolumeBackend) => Promise<Result>): Promise<Result> {
    return work(await unlessAborted(this.whenOpen(), signal));
  }

  private whenOpen(): Promise<VolumeBackend> {
    if (this.opened) return Promise.resolve(this.opened);
    this.opening ??= this.open().then((backend) => { this.opened = backend; return backend; }).finally(() => { this.opening = undefined; });
    return this.opening;
  }
}

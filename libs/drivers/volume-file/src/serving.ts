import { mapLimit } from '@virga/kernel';
import type { ExportAddress, VolumeKey } from '@virga/ports';
import type { Catalog, ExportRecord, Layer, VolumeRecord } from './catalog.js';
import { unavailable } from './failures.js';
import type { BlockNodes } from './qemu/block-nodes.js';
import type { Gates } from './qemu/gates.js';
import type { Vault } from './qemu/vault.js';
import type { VolumeKeys } from './volume-keys.js';

const exportId = (attachmentId: string): string => `x${attachmentId}`;
const VOLUMES_AT_ONCE = 4;

/**
 * Makes what is open and exported agree with the records.
 *
 * Theory of operation. The record comes first, always: a volume's new top is recorded before the open chain moves on to
 * it, an export before it is served, its removal before it is cut. So whatever dies in between, looking again at records
 * and daemons says what is left to do, and doing it loses nothing: until an open chain has moved, its new top is empty and
 * shows exactly what the chain does. Callers hold the volume's lock.
 *
 * Guests' writes are answered for when they are on the disk. A guest that reconnects after the vault was killed goes on
 * as if nothing had happened, and must not miss what was acknowledged and only cached: it would not write it again. It
 * makes small writes as slow as the disk's own flush; its flushes cost nothing any more.
 */
export class Serving {
  private readonly served = new Map<string, string>();

  constructor(
    private readonly catalog: Catalog,
    private readonly vault: Vault,
    private readonly gates: Gates,
    private readonly keys: VolumeKeys,
    private readonly ownHost: string,
  ) {}

  /** Whether the export was seen to work since its daemons started. */
  isServed(attachmentId: string): boolean {
    return this.vault.isConnected && this.served.has(attachmentId);
  }

  /** Nothing is known of these exports any more; without a host, of none. */
  forget(host?: string): void {
    for (const [attachmentId, servedTo] of this.served) {
      if (host === undefined || host === servedTo) this.served.delete(attachmentId);
    }
  }

  /** Where the host finds it; gives the host a port where it has none. */
  async addressOf(record: ExportRecord): Promise<ExportAddress> {
    return this.ownAddressOf(record) ?? { kind: 'nbd-tls', ...await this.gates.addressFor(record.host), exportName: record.attachmentId };
  }

  /** The same without giving anything. */
  knownAddressOf(record: ExportRecord): ExportAddress | undefined {
    const gate = this.gates.knownAddressFor(record.host);
    return this.ownAddressOf(record) ?? (gate && { kind: 'nbd-tls', ...gate, exportName: record.attachmentId });
  }

  private ownAddressOf({ host, attachmentId }: ExportRecord): ExportAddress | undefined {
    return host === this.ownHost ? { kind: 'nbd-unix', socketPath: this.vault.socketPath, exportName: attachmentId } : undefined;
  }

  /** Every recorded export of the volume works and shows its recorded top. */
  async ensureServed(volume: VolumeRecord, given: VolumeKey | undefined, signal: AbortSignal): Promise<void> {
    if (volume.exports.length === 0) return;
    const nodes = await this.vault.running(signal);
    const top = await this.ensureOpen(nodes, volume, given, signal);
    const present = new Set((await nodes.exports()).map(({ id }) => id));
    for (const record of volume.exports) {
      const id = exportId(record.attachmentId);
      if (!present.has(id)) await nodes.addExport(id, top, record.attachmentId, { isWritable: !record.isReadOnly, writethrough: true });
      if (record.host !== this.ownHost) await this.gates.serve(record.host, record.attachmentId, record.isReadOnly, signal);
      this.served.set(record.attachmentId, record.host);
    }
  }

  /** Nobody reaches the volume by this attachment; where nothing else has it, its files are let go of. */
  async withdraw(attachmentId: string, host: string | undefined, volume: VolumeRecord | undefined, signal: AbortSignal): Promise<void> {
    this.served.delete(attachmentId);
    await this.gates.withdraw(host, attachmentId, signal);
    const nodes = await this.vault.present(signal);
    if (nodes) await nodes.removeExport(exportId(attachmentId), signal);
    if (nodes && volume?.exports.length === 0) {
      await this.vault.closeChain(nodes, volume.id);
      const isStillNeeded = this.catalog.volumes.all().some((other) => other.keyId === volume.keyId && other.exports.length > 0);
      if (!isStillNeeded) this.keys.forget(volume.keyId);
    }
  }

  /** Open chains move on to their recorded tops, all at one point in time. */
  async align(volumes: VolumeRecord[], keyOf: (volume: VolumeRecord) => VolumeKey | undefined, signal: AbortSignal): Promise<void> {
    const nodes = await this.vault.present(signal);
    if (nodes === undefined) return;
    for (;;) {
      const steps = await mapLimit(volumes, VOLUMES_AT_ONCE, (volume) => this.nextStep(nodes, volume, keyOf(volume)));
      const due = steps.filter((step) => step !== undefined);
      if (due.length === 0) return;
      await nodes.pivot(due);
    }
  }

  /** Whether guests or we have the volume's chain open now. */
  async isOpen(volume: VolumeRecord, signal: AbortSignal): Promise<boolean> {
    const nodes = await this.vault.present(signal);
    return nodes !== undefined && await this.openTop(nodes, volume) !== undefined;
  }

  /**
   * Grows an open volume. QEMU resizes nothing that is exported, so exports go and come back; guests hold back their
   * requests meanwhile and find the new size when they connect again.
   */
  async grow(volume: VolumeRecord, sizeBytes: number, key: VolumeKey | undefined, signal: AbortSignal): Promise<void> {
    const nodes = await this.vault.running(signal);
    await this.align([volume], () => key, signal);
    const top = this.vault.nodeOf(volume.id, volume.top);
    if (await nodes.size(top) === sizeBytes) return;
    for (const record of volume.exports) {
      if (record.host !== this.ownHost) await this.gates.withdraw(record.host, record.attachmentId, signal);
      await nodes.removeExport(exportId(record.attachmentId), signal);
    }
    try {
      await nodes.resize(top, sizeBytes);
    } finally {
      // Whether it grew or not, and even for a caller that has gone: guests wait.
      await this.ensureServed(volume, key, AbortSignal.timeout(BACK_WITHIN_MS));
    }
  }

  /** After a start: what is open or exported and in no record is closed. */
  async withdrawUnknown(signal: AbortSignal): Promise<void> {
    const volumes = this.catalog.volumes.all().filter((volume) => volume.exports.length > 0);
    const wanted = volumes.flatMap((volume) => volume.exports);
    await this.closeIdleGates(signal);
    const nodes = await this.vault.present(signal);
    if (nodes) {
      for (const { id } of await nodes.jobs()) await nodes.cancel(id);
      const known = new Set(wanted.map((record) => exportId(record.attachmentId)));
      for (const { id } of await nodes.exports()) if (!known.has(id)) await nodes.removeExport(id, signal);
      await this.vault.closeOthers(nodes, volumes.map(({ id }) => id));
    }
  }

  async closeIdleGates(signal: AbortSignal): Promise<void> {
    const wanted = this.catalog.volumes.all().flatMap((volume) => volume.exports);
    await this.gates.withdrawOthers(wanted.map(({ host, attachmentId }) => ({ host, exportName: attachmentId })), signal);
  }

  private async ensureOpen(nodes: BlockNodes, volume: VolumeRecord, given: VolumeKey | undefined, signal: AbortSignal): Promise<string> {
    if (await this.openTop(nodes, volume) === undefined) {
      const key = this.keys.require(volume.keyId, given);
      return this.vault.openChain(nodes, volume.id, this.catalog.chain(volume.top), { isWritable: true, key });
    }
    await this.align([volume], () => this.keys.find(volume.keyId, given), signal);
    return this.vault.nodeOf(volume.id, volume.top);
  }

  /** The layer that the volume's exports show now. */
  private async openTop(nodes: BlockNodes, volume: VolumeRecord): Promise<string | undefined> {
    const mine = new Set(volume.exports.map((record) => exportId(record.attachmentId)));
    const found = (await nodes.exports()).find(({ id, isShuttingDown }) => mine.has(id) && !isShuttingDown);
    return found?.nodeName;
  }

  private async nextStep(
    nodes: BlockNodes, volume: VolumeRecord, key: VolumeKey | undefined,
  ): Promise<{ node: string; overlay: string } | undefined> {
    const node = await this.openTop(nodes, volume);
    if (node === undefined || node === this.vault.nodeOf(volume.id, volume.top)) return undefined;
    const next = this.layerAbove(volume, node);
    return { node, overlay: await this.vault.prepareOverlay(nodes, volume.id, next, this.keys.require(volume.keyId, key)) };
  }

  private layerAbove(volume: VolumeRecord, node: string): Layer {
    const chain = this.catalog.chain(volume.top);
    const at = chain.findIndex((layer) => layer.id === this.vault.layerOf(node));
    const above = chain[at - 1];
    if (at === -1 || above === undefined) throw unavailable(`volume ${volume.id} is open with a layer that is not its own`);
    return above;
  }
}

/** Guests hold back their requests for minutes; a store that needs longer than this is in trouble. */
const BACK_WITHIN_MS = 60_000;

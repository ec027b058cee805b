import type { Turns } from '@virga/kernel';
import type { Catalog, Layer, VolumeRecord } from './catalog.js';
import { unavailable } from './failures.js';
import type { LayerFiles, LayerId } from './layer-files.js';
import type { BlockNodes } from './qemu/block-nodes.js';
import type { Vault } from './qemu/vault.js';
import type { Serving } from './serving.js';
import type { VolumeKeys } from './volume-keys.js';

export interface CompactionParts {
  catalog: Catalog;
  files: LayerFiles;
  vault: Vault;
  serving: Serving;
  keys: VolumeKeys;
  locks: Turns;
}

/** A layer that only one other stands on, and nobody begins with: it can be taken into that one. */
interface Merge {
  into: Layer;
  from: Layer;
  volume: VolumeRecord;
}

/**
 * Shortens chains, also while guests write, and removes what nobody is read through any more.
 *
 * Theory of operation. What a needless layer holds is copied into the one above, which shows the same before, during and
 * after; then the record of the upper one skips it, and only then its file goes. So it may be interrupted anywhere, and
 * what was copied already is not copied again. It gives way as soon as
 * a command comes, and goes on at the next run.
 */
export class Compaction {
  private running: { stop: AbortController; ended: Promise<unknown> } | undefined;
  private commands = 0;

  constructor(private readonly parts: CompactionParts) {}

  /** Runs a command while nothing is merged: it neither waits for copying nor finds a layer being written to. */
  async undisturbed<Result>(command: () => Promise<Result>): Promise<Result> {
    this.commands += 1;
    try {
      this.running?.stop.abort(unavailable('a command came first'));
      await this.running?.ended;
      return await command();
    } finally {
      this.commands -= 1;
    }
  }

  /** Merges whatever can be merged until a command comes; answers how many layers went. */
  async run(signal: AbortSignal): Promise<number> {
    if (this.running !== undefined || this.commands > 0) return 0;
    const stop = new AbortController();
    const merging = this.mergeAll(AbortSignal.any([signal, stop.signal]));
    this.running = { stop, ended: merging.catch(() => undefined) };
    return merging.finally(() => { this.running = undefined; });
  }

  /** Removes layers that no volume and no snapshot is read through. */
  async collect(): Promise<void> {
    const { catalog, files } = this.parts;
    // Looked at anew before each removal: a layer that was being made may have found its volume meanwhile.
    const isNeeded = (id: LayerId): boolean => files.isInTheMaking(id) || catalog.reachable().has(id);
    const reachable = catalog.reachable();
    for (const { id } of catalog.layers.all().filter((layer) => !reachable.has(layer.id))) {
      if (isNeeded(id)) continue;
      await files.remove(id);
      await catalog.layers.remove(id);
    }
    await files.collect((id) => catalog.layers.find(id) !== undefined);
  }

  private async mergeAll(signal: AbortSignal): Promise<number> {
    const tried = new Set<LayerId>();
    let merged = 0;
    while (!signal.aborted) {
      const merge = this.plan().find(({ from }) => !tried.has(from.id));
      if (merge === undefined) break;
      tried.add(merge.from.id);
      if (await this.parts.locks.run(merge.volume.id, () => this.merge(merge, signal)).catch(skipped)) merged += 1;
    }
    return merged;
  }

  /** Pure in what the catalog says; only lines of volumes that exist, since work needs a lock to hold. */
  private plan(): Merge[] {
    const { catalog } = this.parts;
    const roots = catalog.roots();
    const standOn = new Map<LayerId, Set<LayerId>>();
    for (const id of catalog.reachable()) {
      const parent = catalog.layers.find(id)?.parent;
      if (parent !== undefined) standOn.set(parent, (standOn.get(parent) ?? new Set()).add(id));
    }
    return catalog.volumes.all().flatMap((volume) => {
      const chain = catalog.chain(volume.top);
      return chain.slice(1).flatMap((from, index) => {
        const into = chain[index];
        return into && !roots.has(from.id) && standOn.get(from.id)?.size === 1 ? [{ into, from, volume }] : [];
      });
    });
  }

  private async merge(planned: Merge, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const { catalog, keys } = this.parts;
    // Looked at again under the lock: a command may have come between.
    const merge = this.plan().find(({ from, into }) => from.id === planned.from.id && into.id === planned.into.id);
    if (merge === undefined) return false;
    const key = keys.find(merge.volume.keyId);
    if (merge.volume.keyId !== undefined && key === undefined) return false;
    await this.copy(merge, signal);
    const { parent, ...into } = merge.into;
    await catalog.layers.put({ ...into, ...(merge.from.parent !== undefined && { parent: merge.from.parent }) });
    return parent !== undefined;
  }

  private async copy({ into, from, volume }: Merge, signal: AbortSignal): Promise<void> {
    const { vault, serving, catalog, keys } = this.parts;
    const nodes = await vault.running(signal);
    const isServed = await serving.isOpen(volume, signal);
    const owner = isServed ? volume.id : `merge-${into.id}`;
    if (!isServed) await vault.openChain(nodes, owner, catalog.chain(into.id), { isWritable: true, key: keys.find(volume.keyId) });
    try {
      await this.stream(nodes, owner, into, from, signal);
      // Out of the chain and, if nothing went wrong, out of the daemon.
      await nodes.remove(vault.nodeOf(owner, from.id));
    } finally {
      if (!isServed) await vault.closeChain(nodes, owner);
    }
  }

  private async stream(nodes: BlockNodes, owner: string, into: Layer, from: Layer, signal: AbortSignal): Promise<void> {
    const { vault } = this.parts;
    const base = from.parent === undefined ? undefined : vault.nodeOf(owner, from.parent);
    await nodes.stream(`merge-${into.id}`, vault.nodeOf(owner, into.id), base, signal);
  }
}

/** A merge that does not work now is tried by the next run: its layers may be in use. */
function skipped(): boolean {
  return false;
}

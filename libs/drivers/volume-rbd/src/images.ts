import { newHexId } from '@virga/kernel';
import type { Catalog, ImageName, LooseSnap, SnapName } from './catalog.js';
import { ABSENT, CephFailure, type CephTools } from './ceph/ceph-tools.js';

const PREFIX = 'virga-';
const MEBIBYTE = 1024 * 1024;

/**
 * What every image of ours can: clones (`layering`), one writer at a time who is known to the pool (`exclusive-lock`: what
 * fencing stands on), differences without reading (`object-map`, `fast-diff`), and copies that leave their origin with
 * their snapshots (`deep-flatten`). Spelled out, since a cluster may have other defaults.
 */
const FEATURES = ['layering', 'exclusive-lock', 'object-map', 'fast-diff', 'deep-flatten'].flatMap((feature) => ['--image-feature', feature]);
/** Snapshots that have clones can be removed: they go when the last clone does not need them any more. */
const CLONE_FORMAT = ['--rbd-default-clone-format', '2'];
const QUIET = '--no-progress';
const UNDO_WITHIN_MS = 60_000;

export interface ImageIdentity {
  /** Part of the names of its objects. */
  id: string;
  parent?: ImageName;
}

/** An encrypted volume is a qcow2 with LUKS inside its image, whose tables and header need room beside the disk. */
export const imageBytes = (sizeBytes: number, isEncrypted: boolean): number =>
  (isEncrypted ? Math.ceil((sizeBytes + sizeBytes / 512) / MEBIBYTE) * MEBIBYTE + 64 * MEBIBYTE : sizeBytes);

/**
 * The images of a pool.
 *
 * Theory of operation. Names are random and never used again; an image is complete before a record points to it, and one
 * that no record points to is nobody's and goes when no clone is read through it any more. Only names of our own form are
 * ever removed: other things may live in the pool. A snapshot is noted as loose before it is made and until its record
 * stands, and again before its record goes: so a crash leaves none that nobody knows.
 */
export class Images {
  private readonly inTheMaking = new Set<ImageName>();
  private readonly inWork = new Set<SnapName>();
  private collecting: Promise<void> = Promise.resolve();

  constructor(private readonly ceph: CephTools, private readonly catalog: Catalog) {}

  /** The image stays out of the collector's hands until `work`, which records it, has ended. */
  async making<Result>(work: (name: ImageName) => Promise<Result>): Promise<Result> {
    const name = `${PREFIX}${newHexId().slice(0, 16)}` as ImageName;
    this.inTheMaking.add(name);
    try {
      return await work(name);
    } finally {
      this.inTheMaking.delete(name);
    }
  }

  async create(name: ImageName, bytes: number, signal: AbortSignal): Promise<void> {
    await this.ceph.rbd(['create', name, '--size', `${bytes}B`, ...FEATURES], signal);
  }

  /** An image that begins with what is in the file, and is as large as that. */
  async load(file: string, name: ImageName, signal: AbortSignal): Promise<void> {
    await this.ceph.rbd(['import', file, `${this.pool}/${name}`, QUIET, ...FEATURES], signal);
  }

  async grow(name: ImageName, bytes: number, signal: AbortSignal): Promise<void> {
    await this.ceph.rbd(['resize', name, '--size', `${bytes}B`, QUIET], signal);
  }

  async clone(from: { image: ImageName; snap: SnapName }, name: ImageName, signal: AbortSignal): Promise<void> {
    await this.ceph.rbd(['clone', `${this.pool}/${from.image}@${from.snap}`, `${this.pool}/${name}`, ...CLONE_FORMAT, ...FEATURES], signal);
  }

  /** An image of its own with all the bytes. */
  async copy(from: { image: ImageName; snap: SnapName }, name: ImageName, signal: AbortSignal): Promise<void> {
    await this.ceph.rbd(['cp', `${this.pool}/${from.image}@${from.snap}`, `${this.pool}/${name}`, QUIET, ...FEATURES], signal);
  }

  /** The image is read through no other any more. */
  async flatten(name: ImageName, signal: AbortSignal): Promise<void> {
    await this.ceph.rbd(['flatten', name, QUIET], signal);
  }

  async identity(name: ImageName, signal: AbortSignal): Promise<ImageIdentity> {
    const { id, parent } = await this.ceph.rbdJson<{ id: string; parent?: { image: string } }>(['info', name], signal);
    return { id, ...(parent && { parent: parent.image as ImageName }) };
  }

  async list(signal: AbortSignal): Promise<Set<ImageName>> {
    const names = await this.ceph.rbdJson<string[]>(['ls'], signal);
    return new Set(names.filter(isOurs));
  }

  /** Makes a snapshot and hands it to `work`; it stays if that answers so, because a record of it stands now. */
  async withSnap(image: ImageName, work: (snap: SnapName) => Promise<'keep' | 'drop'>, signal: AbortSignal): Promise<void> {
    const snap = newHexId().slice(0, 16) as SnapName;
    let isKept = false;
    this.inWork.add(snap);
    try {
      await this.catalog.looseSnaps.put({ id: snap, image });
      await this.ceph.rbd(['snap', 'create', `${image}@${snap}`, QUIET], signal);
      isKept = await work(snap) === 'keep';
    } finally {
      if (isKept) await this.catalog.looseSnaps.remove(snap);
      // What cannot be undone now is undone by the next `tend`.
      else await this.dropSnap({ id: snap, image }, AbortSignal.timeout(UNDO_WITHIN_MS)).catch(() => undefined);
      this.inWork.delete(snap);
    }
  }

  /** After `work` has taken away what points to the snapshot, it goes; its clones stay. */
  async losing(snap: LooseSnap, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.inWork.add(snap.id);
    try {
      await this.catalog.looseSnaps.put(snap);
      await work();
      await this.dropSnap(snap, signal);
    } finally {
      this.inWork.delete(snap.id);
    }
  }

  /** Ends what a crash or a failure left of snapshots that were being made or removed. */
  async dropLooseSnaps(signal: AbortSignal): Promise<void> {
    const kept = new Set(this.catalog.snapshots.all().map(({ snap }) => snap));
    for (const loose of this.catalog.looseSnaps.all().filter(({ id }) => !this.inWork.has(id))) {
      if (kept.has(loose.id)) await this.catalog.looseSnaps.remove(loose.id);
      else await this.dropSnap(loose, signal);
    }
  }

  /** Removes images that no record points to and nothing is read through, as far as that goes now. */
  collect(signal: AbortSignal): Promise<void> {
    const mine = this.collecting.then(() => this.collectNow(signal));
    this.collecting = mine.catch(() => undefined);
    return mine;
  }

  private async collectNow(signal: AbortSignal): Promise<void> {
    // What goes may have been the last reason for what it was read through.
    for (let hasProgress = true; hasProgress;) {
      hasProgress = false;
      for (const name of await this.list(signal)) {
        if (this.inTheMaking.has(name) || this.catalog.roots().has(name)) continue;
        hasProgress = await this.remove(name, signal) || hasProgress;
      }
    }
  }

  /** Whether it is gone now. False where a clone is read through it, or a client that died is not forgotten by the pool yet. */
  private async remove(name: ImageName, signal: AbortSignal): Promise<boolean> {
    return this.ceph.rbd(['rm', name, QUIET], signal).then(() => true, (error: unknown) => {
      if (error instanceof CephFailure) return false;
      throw error;
    });
  }

  /** Where a tool takes two images, `--pool` does not count for both. */
  private get pool(): string {
    return this.ceph.access.pool;
  }

  private async dropSnap({ id, image }: LooseSnap, signal: AbortSignal): Promise<void> {
    await this.ceph.rbd(['snap', 'rm', `${image}@${id}`, QUIET], signal).catch((error: unknown) => {
      if (!(error instanceof CephFailure && error.errno === ABSENT)) throw error;
    });
    await this.catalog.looseSnaps.remove(id);
  }
}

const isOurs = (name: string): name is ImageName => /^virga-[0-9a-f]{16}$/.test(name);

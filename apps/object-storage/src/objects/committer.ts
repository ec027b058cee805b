import { Injectable } from '@nestjs/common';
import { days, newId } from '@virga/kernel';
import { Database, DatabaseContended, DatabaseUnavailable, StatementFailed, type Tx } from '@virga/persistence';
import { STAGED_LIFETIME, StagedExpired } from '../blobs/index.js';
import { ContainerNotFound, type ContainerId } from '../containers/index.js';
import { Timestamps, type Microseconds } from '../timestamps/index.js';
import type { AmendChange, Change, Outcome, PutChange, RemoveChange, RemoveVersionChange, Settled } from './change.js';
import { ChangesRepository, type Displaced, type LockedContainer } from './changes.repository.js';
import { ObjectHeld, isHeld } from './hold.js';
import { ObjectNotFound, type PutAnswer } from './object.js';
import { objectOf, type ObjectRow } from './object-rows.js';
import { requireHolds } from './precondition.js';
import { Settling } from './settling.js';

const DELETE_MARKER_TYPE = 'application/x-deleted';

type Displacing = PutChange | RemoveChange;

/**
 * Makes many changes in one transaction.
 *
 * Theory of operation. First the rows of all containers concerned are locked, in the order of their ids: every change of
 * an object, its versions and its container's counters happens under that lock, by whichever process, so what is read after it
 * stays true. Changes whose precondition fails are left out and told so; the others are made by set-based statements.
 * Blobs that lose a row are marked released in the same transaction; the collector looks again before it removes them, because
 * copies may still name them. The batch holds at most one change of each name.
 */
@Injectable()
export class Committer {
  constructor(
    private readonly db: Database,
    private readonly changes: ChangesRepository,
    private readonly timestamps: Timestamps,
  ) {}

  /** Makes the changes, in one transaction; answers what became of each, in their order. Throws where nothing was changed. */
  commit(batch: readonly Change[]): Promise<Settled[]> {
    return this.db.transaction((tx) => this.commitIn(tx, batch));
  }

  /** Makes one change and what belongs together with it, or neither. */
  commitWith(change: PutChange, within: (tx: Tx) => Promise<void>): Promise<PutAnswer> {
    return this.db.transaction(async (tx) => {
      const [settled] = await this.commitIn(tx, [change]);
      if (settled === undefined || 'error' in settled) throw settled?.error;
      await within(tx);
      return settled.outcome as PutAnswer;
    });
  }

  /** Sets the time of expiry of current objects to now. */
  expire(container: ContainerId, names: readonly string[]): Promise<void> {
    return this.db.transaction(async (tx) => {
      await this.changes.lock(tx, [container]);
      await this.changes.expire(tx, container, names, this.timestamps.seconds());
    });
  }

  private async commitIn(tx: Tx, batch: readonly Change[]): Promise<Settled[]> {
    const locked = new Map((await this.changes.lock(tx, [...new Set(batch.map(({ containerId }) => containerId))])).map((row) => [row.id, row]));
    const refused = new Map<Change, unknown>();
    await this.refuse(tx, batch, locked, refused);
    const allowed = batch.filter((change) => !refused.has(change));
    const settling = new Settling();
    const outcomes = await this.displaceAll(tx, allowed.filter(isDisplacing), locked, settling);
    for (const change of allowed) {
      if (change.kind === 'remove-version') outcomes.set(change, await attempt(() => this.removeVersion(tx, change, locked.get(change.containerId)?.versioning ?? null, settling)));
      if (change.kind === 'amend') outcomes.set(change, await attempt(() => this.amend(tx, change)));
    }
    const settlement = settling.settlement(this.timestamps.date());
    if (settlement !== undefined) await this.changes.settle(tx, settlement);
    await this.noteForSync(tx, outcomes, locked);
    return batch.map((change) => outcomes.get(change) ?? { error: refused.get(change) });
  }

  /** What has changed in containers that synchronize is noted together with the change. */
  private async noteForSync(tx: Tx, outcomes: ReadonlyMap<Change, Settled>, locked: ReadonlyMap<string, LockedContainer>): Promise<void> {
    if (![...locked.values()].some((container) => container.is_synced)) return;
    const changed = [...outcomes].filter(([{ containerId }, settled]) => 'outcome' in settled && locked.get(containerId)?.is_synced === true)
      .map(([change]) => ({ container_id: change.containerId, name: change.name, changed_at: originOf(change) ?? this.timestamps.next() }));
    if (changed.length > 0) await this.changes.noteForSync(tx, changed, this.timestamps.date());
  }

  /** Finds the changes that must not be made, each with its reason. */
  private async refuse(tx: Tx, batch: readonly Change[], locked: ReadonlyMap<string, LockedContainer>, refused: Map<Change, unknown>): Promise<void> {
    const oldest = this.timestamps.next() - STAGED_LIFETIME * 1000;
    for (const change of batch) {
      if (!locked.has(change.containerId)) refused.set(change, new ContainerNotFound(change.name));
      else if (change.kind === 'put' && change.newBlob !== undefined && change.newBlob.stagedAt < oldest) refused.set(change, new StagedExpired());
    }
    const conditional = batch.filter((change) => isDisplacing(change) && change.require !== undefined && !refused.has(change)) as Displacing[];
    if (conditional.length === 0) return;
    const rows = await this.changes.newest(tx, conditional.map(({ containerId, name }) => ({ container_id: containerId, name })));
    const newest = new Map(rows.map((row) => [keyOf(row.container_id, row.name), objectOf(row)]));
    for (const change of conditional) {
      const refusal = await attempt(() => requireHolds(change.require ?? {}, newest.get(keyOf(change.containerId, change.name)), this.timestamps.seconds()));
      if ('error' in refusal) refused.set(change, refusal.error);
    }
  }

  /** What is there makes way, and what is put takes its place. */
  private async displaceAll(tx: Tx, changes: readonly Displacing[], locked: ReadonlyMap<string, LockedContainer>, settling: Settling): Promise<Map<Change, Settled>> {
    const outcomes = new Map<Change, Settled>();
    if (changes.length === 0) return outcomes;
    const names = changes.map((change) => ({ container_id: change.containerId, name: change.name, keeps: versioningFor(change, locked) === 'enabled' }));
    const isVersioned = changes.some(({ containerId }) => locked.get(containerId)?.versioning !== null);
    const displaced = new Map<string, Displaced[]>();
    for (const row of await this.changes.displace(tx, names, isVersioned)) {
      const key = keyOf(row.container_id, row.name);
      displaced.set(key, [...displaced.get(key) ?? [], row]);
      if (row.fate === 'gone') settling.gone(row, row.part_blobs);
      else settling.becameOlder(row);
    }
    for (const change of changes) {
      const rows = displaced.get(keyOf(change.containerId, change.name)) ?? [];
      outcomes.set(change, { outcome: this.takePlace(change, rows, versioningFor(change, locked), settling) });
    }
    return outcomes;
  }

  private takePlace(change: Displacing, displaced: readonly Displaced[], versioning: LockedContainer['versioning'], settling: Settling): Outcome {
    const before = displaced.find((row) => row.fate === 'older' || row.is_current);
    const was = before && objectOf(before);
    if (change.kind === 'remove' && versioning === null) return was === undefined ? {} : { removed: was };
    const version = Math.max(this.timestamps.next(), ...displaced.map((row) => row.version + 1));
    const place = { container_id: change.containerId, name: change.name, version, is_null_version: versioning !== 'enabled' };
    if (change.kind === 'remove') {
      const marker = deleteMarker(place);
      settling.added(marker, undefined, []);
      return { ...(was !== undefined && !was.isDeleteMarker && { removed: was }), deleteMarker: objectOf(marker) };
    }
    const row = newObject(place, change);
    settling.added(row, change.newBlob, change.parts);
    const object = objectOf(row);
    if (change.newBlob !== undefined) object.blob = change.newBlob;
    return { object, ...(was !== undefined && { replaced: was }) };
  }

  private async removeVersion(tx: Tx, change: RemoveVersionChange, versioning: LockedContainer['versioning'], settling: Settling): Promise<Outcome> {
    const { containerId, name } = change;
    const row = await this.changes.version(tx, containerId, name, change.version);
    if (change.require !== undefined) requireHolds(change.require, row && objectOf(row), this.timestamps.seconds());
    if (row === undefined || (change.isExpiry === true && !hasExpired(row, this.timestamps.seconds()))) return {};
    if (isHeld(row.settings, this.timestamps.date().getTime(), change.bypassesGovernance)) return this.leaveHeld(tx, change, row);
    settling.gone(row, await this.changes.removeRow(tx, row.id));
    if (row.is_current) await this.fillGap(tx, row, change.isExpiry === true && versioning !== null ? versioning : null, settling);
    return { removed: objectOf(row) };
  }

  /** Something else becomes current: the version before, or, where an object's time is over in a container that keeps versions, a delete marker. */
  private async fillGap(tx: Tx, gone: ObjectRow, versioning: LockedContainer['versioning'], settling: Settling): Promise<void> {
    if (versioning !== null) {
      const version = Math.max(this.timestamps.next(), gone.version + 1);
      settling.added(deleteMarker({ container_id: gone.container_id, name: gone.name, version, is_null_version: versioning === 'suspended' }), undefined, []);
      return;
    }
    const promoted = await this.changes.promote(tx, gone.container_id, gone.name);
    if (promoted !== undefined) settling.becameCurrent(promoted);
  }

  /** An expiry that a lock forbids is put off until the lock may have ended; else it would be tried again and again. */
  private async leaveHeld(tx: Tx, { isExpiry }: RemoveVersionChange, row: ObjectRow): Promise<Outcome> {
    if (isExpiry !== true) throw new ObjectHeld();
    const { retention, legalHold } = row.settings;
    const tomorrow = this.timestamps.seconds() + days(1) / 1000;
    await this.changes.amend(tx, { ...row, expires_at: legalHold === true || retention === undefined ? tomorrow : Math.ceil(retention.until / 1000) });
    return {};
  }

  private async amend(tx: Tx, { id, name, change }: AmendChange): Promise<Outcome> {
    const row = await this.changes.byId(tx, id);
    if (row === undefined || row.is_delete_marker) throw new ObjectNotFound(name);
    change.check?.(objectOf(row));
    const settings = Object.fromEntries(Object.entries({ ...row.settings, ...change.settings }).filter(([, value]) => value !== undefined));
    const amended: ObjectRow = {
      ...row, settings, metadata: change.metadata ?? row.metadata, content_type: change.contentType ?? row.content_type,
      expires_at: change.expiresAt === undefined ? row.expires_at : change.expiresAt,
      modified_at: change.keepsModifiedAt === true ? row.modified_at : change.modifiedAt ?? Math.max(this.timestamps.next(), row.modified_at + 1),
    };
    await this.changes.amend(tx, amended);
    return objectOf(amended);
  }
}

type Place = Pick<ObjectRow, 'container_id' | 'name' | 'version' | 'is_null_version'>;

function newObject(place: Place, { put, sizeBytes, etag, newBlob, blobId }: PutChange): ObjectRow {
  return {
    ...place, id: newId<'object'>(), is_current: true, is_delete_marker: false, size_bytes: sizeBytes, etag,
    content_type: put.contentType, metadata: put.metadata, settings: put.settings ?? {}, blob_id: newBlob?.id ?? blobId ?? null,
    modified_at: put.modifiedAt ?? place.version, expires_at: put.expiresAt ?? null,
  };
}

function deleteMarker(place: Place): ObjectRow {
  return {
    ...place, id: newId<'object'>(), is_current: true, is_delete_marker: true, size_bytes: 0, etag: '', content_type: DELETE_MARKER_TYPE,
    metadata: {}, settings: {}, blob_id: null, modified_at: place.version, expires_at: null,
  };
}

/** What of the container's versioning counts for a change. */
function versioningFor(change: Displacing, locked: ReadonlyMap<string, LockedContainer>): LockedContainer['versioning'] {
  const { versioning = null, locks_objects: isLocking = false } = locked.get(change.containerId) ?? {};
  const isNull = change.kind === 'put' ? change.put.asNull : change.asNull;
  return versioning === 'enabled' && isNull === true && !isLocking ? 'suspended' : versioning;
}

function hasExpired(row: ObjectRow, nowSeconds: number): boolean {
  return row.expires_at !== null && row.expires_at <= nowSeconds;
}

/** When a change was made in the cluster that it comes from: sent on with the present time, it would undo what was done there since. */
function originOf(change: Change): Microseconds | undefined {
  if (change.kind === 'put') return change.put.modifiedAt;
  return change.kind === 'remove' ? change.at : undefined;
}

function isDisplacing(change: Change): change is Displacing {
  return change.kind === 'put' || change.kind === 'remove';
}

/** A refusal is one change's own: the others of the batch go on. What the database says ends the transaction. */
async function attempt(work: () => Outcome | void | Promise<Outcome>): Promise<Settled> {
  try {
    return { outcome: await work() as Outcome };
  } catch (error) {
    if (error instanceof StatementFailed || error instanceof DatabaseContended || error instanceof DatabaseUnavailable) throw error;
    return { error };
  }
}

function keyOf(container: string, name: string): string {
  return `${container}/${name}`;
}

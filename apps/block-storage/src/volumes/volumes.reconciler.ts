import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, newRequestId, seconds, Unavailable, type Clock, type Duration, type Instant } from '@virga/kernel';
import { liveOperations, Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { alarm, correct, leaveAlone, nothing, Reconciler, type Correction } from '@virga/reconcile';
import { BackendsRepository, HOST_SILENCE } from '../backends/index.js';
import { ObservationsRepository, type VolumeObservation } from '../reports/index.js';
import { DeleteVolume } from './operations/delete-volume.operation.js';
import { faultAt, OPERATED, type Volume, type VolumeStatus } from './volume.js';
import { VolumesRepository } from './volumes.repository.js';

/** A volume beside what its storage host says. */
export interface SeenVolume {
  volume: Volume;
  hasOperation: boolean;
  /** Of the volume's own backend. */
  observed: VolumeObservation | undefined;
  /** When its backend was last heard of; undefined where it has none, or the backend does not work. */
  backendSeenAt: Instant | undefined;
}

export type VolumeRepair = 'delete-again' | 'mark-error' | 'note-vanished' | 'note-returned';

const VANISHED = 'block-storage.volume.vanished';

/** The storage host says that it has no such volume. */
class Vanished extends Unavailable {
  constructor() {
    super(VANISHED, 'The volume is no longer on its backend.');
  }
}

/** The action on the volume was lost. */
class ActionLost extends Unavailable {
  constructor() {
    super('block-storage.volume.action-lost', 'An action on the volume was lost.');
  }
}

/** Statuses of volumes that must be on their backend. */
const KEPT: ReadonlySet<VolumeStatus> = new Set(['available', 'in-use', 'reserved', 'attaching', 'detaching', 'awaiting-transfer', 'maintenance']);

/** What to do about a volume; pure. */
export function planVolume(seen: SeenVolume, now: Instant): Correction<VolumeRepair> {
  const { volume: { status }, hasOperation } = seen;
  if (hasOperation) return leaveAlone('an operation is responsible');
  if (status === 'deleting') return alarm('a volume is being deleted by nobody', 'delete-again');
  if (OPERATED.has(status)) return alarm('a volume is in a transitional status without an operation', 'mark-error');
  return planPresence(seen, now);
}

function planPresence({ volume, observed, backendSeenAt }: SeenVolume, now: Instant): Correction<VolumeRepair> {
  if (backendSeenAt === undefined || now - backendSeenAt > HOST_SILENCE) return leaveAlone('its storage host says nothing');
  if (observed === undefined) return leaveAlone('its storage host has not said anything of it');
  if (observed.sizeBytes === null && KEPT.has(volume.status)) return alarm('a volume is no longer on its backend', 'note-vanished');
  const hasReturned = observed.sizeBytes !== null && volume.status === 'error' && volume.fault?.code === VANISHED;
  return hasReturned ? correct('volume-returned', 'note-returned', { isDefect: false }) : nothing();
}

/** What a status becomes whose operation was lost. */
const LOST: Readonly<Partial<Record<VolumeStatus, VolumeStatus>>> = { extending: 'error_extending', managing: 'error_managing' };

/** Volumes in one statement. Too many: long pauses between batches of other work. Too few: many statements. */
const BATCH = 500;

/**
 * Volumes are what they are said to be.
 *
 * Theory of operation. It compares what we say of volumes with what storage hosts reported last, and only where no operation is responsible. It
 * never makes or removes anything on a backend: a volume that is gone from there is marked, for its owner and for operators, and is what it was when
 * the backend has it again. Repairs are operations, or notes of facts, made under the volume's revision: whoever was faster wins, and the next pass
 * looks again.
 */
@Injectable()
export class VolumesReconciler extends Reconciler<SeenVolume, VolumeRepair> {
  readonly name = 'volumes';
  readonly interval: Duration = seconds(30);

  constructor(
    private readonly db: Database,
    private readonly volumes: VolumesRepository,
    private readonly observations: ObservationsRepository,
    private readonly backends: BackendsRepository,
    private readonly operations: Operations,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    super();
  }

  async* observe(): AsyncIterable<readonly SeenVolume[]> {
    const heardOf = await this.backends.heardOf(this.db);
    for (let after: string | undefined; ;) {
      const batch = await this.volumes.batch(this.db, after, BATCH);
      if (batch.length === 0) return;
      const ids = batch.map(({ id }) => id);
      const live = await liveOperations(this.db, 'volume', ids);
      const observed = new Map((await this.observations.ofVolumes(this.db, ids)).map((one) => [`${one.volumeId} ${one.backend}`, one]));
      yield batch.map((volume) => ({
        volume, hasOperation: live.has(volume.id), observed: observed.get(`${volume.id} ${volume.backend}`),
        backendSeenAt: volume.backend === null ? undefined : heardOf.get(volume.backend),
      }));
      after = ids.at(-1);
    }
  }

  plan(seen: SeenVolume, now: Instant): Correction<VolumeRepair> {
    return planVolume(seen, now);
  }

  async correct(repair: VolumeRepair, { volume }: SeenVolume): Promise<void> {
    await this.db.transaction((tx) => this.repairs[repair](tx, volume));
  }

  describe({ volume }: SeenVolume): string {
    return `volume ${volume.id}`;
  }

  private readonly repairs: Readonly<Record<VolumeRepair, (tx: Tx, volume: Volume) => Promise<unknown>>> = {
    'delete-again': (tx, volume) => this.operations.start(tx, DeleteVolume, { volumeId: volume.id }, { on: volume, by: { requestId: newRequestId() } }),
    'mark-error': (tx, volume) => this.volumes.become(tx, volume, LOST[volume.status] ?? 'error', { fault: faultAt(this.clock.now(), new ActionLost()), growthGibibytes: 0 }),
    'note-vanished': (tx, volume) =>
      this.volumes.become(tx, volume, 'error', { fault: faultAt(this.clock.now(), new Vanished()), previousStatus: volume.status }),
    'note-returned': (tx, volume) => this.volumes.become(tx, volume, volume.previousStatus ?? 'available', { fault: null, previousStatus: null }),
  };
}

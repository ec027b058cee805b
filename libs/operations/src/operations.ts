import { Bug, Conflict, newId, raise, systemClock, type Clock, type Duration } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { resourceTypeOf, type Kinds } from './kinds.js';
import type { AnyOperation, OperationClass, OperationId, WakeKey } from './operation.js';
import { hasten, insertOperation, lockLive, supersede, wakeWaiting, type NewOperation } from './operation-table.js';

/** Something else is being done to the resource; the details name it. */
export class OperationInProgress extends Conflict {
  constructor(resourceType: string, resourceId: string, live: { id: string; kind: string }) {
    super('operation.in-progress', `Another action on this ${resourceType} is still in progress.`, {
      details: { resourceType, resourceId, operation: live.id, kind: live.kind },
    });
  }
}

/** Who or what asked for it: a `Caller`, or a reconciler with a request id of its own. */
export interface Initiator {
  requestId: string;
  userId?: string | undefined;
  projectId?: string | undefined;
}

export interface StartOptions {
  /** The resource; its own project, where it has one, goes before the caller's. */
  on: { id: string; projectId?: string | undefined };
  by: Initiator;
}

type Listener = { due: () => void; superseded: (id: OperationId) => void };

/** Starts operations and wakes parked ones, inside the transactions that give the reason. */
export class Operations {
  private readonly listeners = new Set<Listener>();

  constructor(private readonly kinds: Kinds, private readonly clock: Clock = systemClock) {}

  /**
   * Writes an operation that a worker picks up right after the commit, and answers its id.
   *
   * A live operation on the same resource is superseded where the new kind may overtake it; otherwise `OperationInProgress`.
   */
  async start<Kind extends AnyOperation>(
    tx: Tx, kind: OperationClass<Kind>, params: Kind['paramsType'], { on, by }: StartOptions,
  ): Promise<OperationId> {
    const operation = this.newOperation(this.kinds.of(kind), params, { on, by });
    // Between a refused insertion and the look at what refused it, that may have ended: then the insertion is tried again.
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await insertOperation(tx, operation, this.clock.now())) {
        tx.afterCommit(() => this.listeners.forEach((listener) => listener.due()));
        return operation.id;
      }
      await this.overtake(tx, operation);
    }
    throw new Bug('operation.start', `Operation ${operation.kind} could not be started on ${operation.resourceId}.`);
  }

  /** Makes operations that are parked until `key` look again, right after the commit. Waking nobody is fine. */
  async wake(tx: Tx, key: WakeKey): Promise<void> {
    const woken = await wakeWaiting(tx, key, this.clock.now());
    if (woken > 0) tx.afterCommit(() => this.listeners.forEach((listener) => listener.due()));
  }

  /**
   * Has operations that wait for `key` look again after the pause, if they would not sooner. For news of what failed for now: whoever
   * is woken by that at once asks again at once, and hears of the next failure.
   */
  async wakeAfter(tx: Tx, key: WakeKey, pause: Duration): Promise<void> {
    await hasten(tx, key, this.clock.now() + pause);
  }

  /** For workers: told after commits that made operations due, or took them away. */
  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private async overtake(tx: Tx, newer: NewOperation): Promise<void> {
    const live = await lockLive(tx, newer.resourceType, newer.resourceId);
    if (live === undefined) return;
    if (!this.kinds.mayOvertake(newer.kind, live.kind)) raise(new OperationInProgress(newer.resourceType, newer.resourceId, live));
    await supersede(tx, live, this.clock.now());
    tx.afterCommit(() => this.listeners.forEach((listener) => listener.superseded(live.id)));
  }

  private newOperation(operation: AnyOperation, params: object, { on, by }: StartOptions): NewOperation {
    const { kind, version, deadline, steps } = operation;
    return {
      id: newId(), kind, version, params, resourceType: resourceTypeOf(kind), resourceId: on.id,
      projectId: on.projectId ?? by.projectId, userId: by.userId, requestId: by.requestId,
      step: steps[0]?.name ?? raise(new Bug('operation.steps', `${kind} has no steps.`)), deadlineAt: this.clock.now() + deadline,
    };
  }
}

import { Bug, type Clock } from '@virga/kernel';
import type { Database, Reader, Tx } from '@virga/persistence';
import type { AnyOperation, OperationId, Run } from './operation.js';
import { lockHeld, type Held, type OperationRow } from './operation-table.js';

/** Another worker has the operation now, or it is over: whatever this one still wants to write, it may not. */
export class LostClaim extends Error {
  override readonly name = 'LostClaim';
  constructor(id: OperationId) {
    super(`Operation ${id} belongs to another worker.`);
  }
}

/** One worker's turn with one step. */
export class ActiveRun implements Run<AnyOperation> {
  readonly id: OperationId;
  readonly resourceId: string;
  readonly projectId: string | undefined;
  readonly userId: string | undefined;
  readonly requestId: string;
  readonly params: object;
  readonly outputs: object;
  readonly db: Reader;
  private readonly held: Held;
  private readonly phase: string;

  constructor(private readonly database: Database, row: OperationRow, readonly clock: Clock, readonly signal: AbortSignal, readonly graceIsOver: boolean) {
    this.id = row.id;
    this.held = { id: row.id, fence: row.fence };
    this.resourceId = row.resource_id;
    this.projectId = row.project_id ?? undefined;
    this.userId = row.user_id ?? undefined;
    this.requestId = row.request_id;
    this.params = row.params;
    this.outputs = row.outputs;
    this.db = database;
    this.phase = row.state === 'abandoning' ? 'abandon' : row.step;
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.signal.aborted) throw this.signal.reason ?? new Bug('operation.aborted', 'The run was stopped.');
    return this.database.transaction(async (tx) => {
      if (!(await lockHeld(tx, this.held))) throw new LostClaim(this.id);
      return work(tx);
    });
  }

  idempotencyKey(of: string | number = ''): string {
    return [this.id, this.phase, of].filter((word) => word !== '').join(':');
  }
}

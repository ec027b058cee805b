import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { CLOCK, Loop, seconds, type Clock, type Duration } from '@virga/kernel';
import { LOGGER, type Logger } from '@virga/observability';
import { Database } from '@virga/persistence';
import type { NetworkBackend } from '@virga/ports';
import { NicEvents } from '../nic-events/index.js';
import { NETWORK_BACKEND } from '../realization/index.js';

/** Between attempts to write what could not be written, and to listen again. */
const REST = seconds(2);
/** Ports written in one transaction. */
const BATCH = 500;

/**
 * Writes whether ports are up: the one writer of `port.status`.
 *
 * Theory of operation. The backend first says how all its ports are, then every change. What it says is kept, one entry for each port,
 * until it has been written; a status is written only where it differs, and in the same transaction the port's server is
 * told of it. If the process dies nothing is lost: the next one is told how all ports are. Several replicas write the same.
 */
@Injectable()
export class PortStatus implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly reported = new Map<string, boolean>();
  private readonly listening: Loop;
  private readonly writing: Loop;

  constructor(
    @Inject(Database) private readonly db: Database,
    @Inject(NETWORK_BACKEND) private readonly backend: NetworkBackend,
    private readonly events: NicEvents,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.listening = new Loop({ rest: REST, turn: (signal) => this.listen(signal), failed: (error) => logger.warn('network.bindings.lost', { error }) });
    this.writing = new Loop({ rest: REST, turn: () => this.write(), failed: (error) => logger.warn('network.port-status.unwritten', { error }) });
  }

  onApplicationBootstrap(): void {
    this.listening.start();
    this.writing.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.listening.stop();
    await this.writing.stop();
  }

  private async listen(signal: AbortSignal): Promise<void> {
    for await (const { portId, isUp } of this.backend.bindings(signal)) {
      this.reported.set(portId, isUp);
      this.writing.wake();
    }
  }

  private async write(): Promise<Duration | void> {
    const batch = [...this.reported].slice(0, BATCH);
    if (batch.length === 0) return REST;
    await this.store(batch);
    for (const [id, isUp] of batch) if (this.reported.get(id) === isUp) this.reported.delete(id);
    if (this.reported.size > 0) this.writing.wake();
  }

  private async store(batch: readonly (readonly [string, boolean])[]): Promise<void> {
    await this.db.transaction(async (tx) => {
      const changed = await tx.sql<{ id: string }>`
        UPDATE port SET status = told.status, revision_number = revision_number + 1, updated_at = ${new Date(this.clock.now())}
        FROM (
          SELECT p.id, CASE WHEN given.is_up THEN 'ACTIVE' ELSE 'DOWN' END AS status
          FROM unnest(${batch.map(([id]) => id)}::text[], ${batch.map(([, isUp]) => isUp)}::boolean[]) AS given (id, is_up) JOIN port p ON p.id = given.id
          WHERE p.device_owner NOT LIKE 'network:%' ORDER BY p.id FOR NO KEY UPDATE OF p
        ) AS told
        WHERE port.id = told.id AND port.status <> told.status RETURNING port.id`;
      await this.events.tell(tx, changed.map((port) => port.id));
    });
  }
}

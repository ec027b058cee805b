import { Loop, milliseconds, minutes, seconds, systemClock, type Clock, type Duration } from '@virga/kernel';
import type { Database } from '@virga/persistence';
import type { Logger } from '@virga/observability';
import type { Broker } from '../broker.js';
import type { Envelope } from '../envelope.js';
import type { Publisher } from '../publisher.js';
import type { Outbox } from './outbox.js';

/**
 * How long a relay may take to hand a row to the broker before another sends it too.
 *
 * Too low: a slow broker gets messages twice. Too high: what a dying relay had in its hands is late by that much.
 */
const CLAIM: Duration = seconds(15);

/** Between looks without a reason: finds rows whose process died after its commit. */
const POLL: Duration = seconds(2);

/** Rows in one claim. Too low: a burst takes many statements. Too high: a late row waits for a long batch. */
const BATCH = 256;

/** Batches that wait for the broker's confirmation at once. */
const BATCHES_IN_FLIGHT = 4;

/**
 * How long a command waits for its agent.
 *
 * Too low: a host that restarts finds its queue empty, and operations ask again only after their own waits. Too high: the
 * queue of a dead host fills with what nobody wants any more, and a command that kills its agent does so for longer.
 */
const COMMAND_LIFETIME: Duration = minutes(30);

const COMMAND = { mandatory: true, expiration: COMMAND_LIFETIME };

interface OutboxRow {
  id: number;
  exchange: string;
  routing_key: string;
  envelope: Envelope;
}

export interface RelayParts {
  db: Database;
  outbox: Outbox;
  broker: Broker;
  publisher: Publisher;
  clock?: Clock;
}

/**
 * Carries messages from the outbox to the broker.
 *
 * Theory of operation. A row is claimed for a while by one statement, published, and deleted when the broker has confirmed
 * it. Dying before the publication leaves a claim that runs out; dying before the deletion sends the message twice, which
 * handlers expect. No transaction is open while the broker is waited for. Any number of replicas may run. Without a broker
 * nothing is claimed, and rows wait.
 */
export class OutboxRelay {
  private readonly loop: Loop;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly subscriptions: (() => void)[];
  private readonly clock: Clock;
  private readonly logger: Logger;

  constructor(private readonly parts: RelayParts) {
    this.clock = parts.clock ?? systemClock;
    this.logger = parts.broker.logger;
    this.loop = new Loop({ rest: POLL, turn: () => this.turn(), failed: (error) => this.logger.warn('outbox.relay-failed', { error }) });
    this.subscriptions = [
      parts.outbox.whenFilled(() => this.loop.wake()),
      parts.publisher.whenReady(() => this.loop.wake()),
      parts.broker.whenChanged(() => this.loop.wake()),
    ];
  }

  start(): void {
    this.loop.start();
  }

  /** Waits for what was already given to the broker; the rest stays in the outbox. */
  async stop(): Promise<void> {
    this.subscriptions.forEach((unsubscribe) => unsubscribe());
    await this.loop.stop();
    await Promise.all(this.inFlight);
  }

  private async turn(): Promise<Duration> {
    if (!this.parts.publisher.isReady) return POLL;
    const rows = await this.claim();
    if (rows.length === 0) return POLL;
    const sent = this.send(rows).finally(() => this.inFlight.delete(sent));
    this.inFlight.add(sent);
    if (this.inFlight.size >= BATCHES_IN_FLIGHT) await Promise.race(this.inFlight);
    return rows.length === BATCH ? milliseconds(0) : POLL;
  }

  private async claim(): Promise<OutboxRow[]> {
    const now = this.clock.now();
    const rows = await this.parts.db.sql<OutboxRow>`
      UPDATE outbox SET claimed_until = ${new Date(now + CLAIM)}
      WHERE id IN (
        SELECT id FROM outbox WHERE claimed_until <= ${new Date(now)} ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
      RETURNING id, exchange, routing_key, envelope`;
    return rows.sort((a, b) => a.id - b.id);
  }

  /** Never rejects: what could not be sent is let go, for the next turn. */
  private async send(rows: readonly OutboxRow[]): Promise<void> {
    const results = await Promise.allSettled(rows.map((row) => this.publish(row)));
    const isSent = (_: OutboxRow, index: number): boolean => results[index]?.status === 'fulfilled';
    const sent = rows.filter(isSent).map((row) => row.id);
    const unsent = rows.filter((row, index) => !isSent(row, index)).map((row) => row.id);
    try {
      if (sent.length > 0) await this.parts.db.sql`DELETE FROM outbox WHERE id = ANY(${sent})`;
      if (unsent.length > 0) await this.parts.db.sql`UPDATE outbox SET claimed_until = '-infinity' WHERE id = ANY(${unsent})`;
    } catch (error) {
      this.logger.warn('outbox.settling-failed', { error, sent: sent.length, unsent: unsent.length });
    }
    const failure = results.find((result) => result.status === 'rejected');
    if (failure !== undefined) this.logger.warn('outbox.unsent', { messages: unsent.length, error: failure.reason });
  }

  /** A command for a host that has no queue any more would wait for ever: it is dropped, and its operation's deadline decides. */
  private async publish(row: OutboxRow): Promise<void> {
    const isCommand = row.exchange === '';
    const published = await this.parts.publisher.publish({ exchange: row.exchange, key: row.routing_key }, row.envelope, isCommand ? COMMAND : {});
    if (published !== 'unroutable') return;
    const { type, id, requestId } = row.envelope;
    this.logger.error('outbox.unroutable', { type, message: id, requestId, key: row.routing_key });
  }
}

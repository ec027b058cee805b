import type { MessageBody, MessageContract } from '@virga/contract';
import { systemClock, type Clock } from '@virga/kernel';
import { json, type Tx } from '@virga/persistence';
import { seal } from '../envelope.js';
import type { Route } from '../publisher.js';
import { commandQueue, exchanges, type AgentAddress } from '../topology.js';

/** A message that is still to be written into the outbox. */
export interface Outgoing {
  readonly contract: MessageContract;
  readonly body: unknown;
  readonly route: Route;
}

/** What happened, for every service that subscribed. */
export function event<Contract extends MessageContract>(contract: Contract, body: MessageBody<Contract>): Outgoing {
  return { contract, body, route: { exchange: exchanges.events, key: contract.type } };
}

/** What an agent is to make true. */
export function command<Contract extends MessageContract>(contract: Contract, body: MessageBody<Contract>, to: AgentAddress): Outgoing {
  return { contract, body, route: { exchange: '', key: commandQueue(to) } };
}

/**
 * Where messages wait until the broker has them: written in the transaction of the change that they tell of, so that
 * neither exists without the other. The relay sends them after the commit, at least once.
 *
 * One relay publishes in the order in which the messages were written; replicas, redelivery and dead letters can still
 * change the order in which they are handled. Whoever needs an order compares revisions or generations.
 */
export class Outbox {
  private readonly listeners = new Set<() => void>();

  constructor(private readonly clock: Clock = systemClock) {}

  /** Throws a `Bug` where the body is not what its contract says. */
  async add(tx: Tx, ...messages: readonly Outgoing[]): Promise<void> {
    if (messages.length === 0) return;
    const rows = messages.map(({ contract, body, route }) => ({ ...route, envelope: this.envelope(tx, contract, body) }));
    await tx.sql`
      INSERT INTO outbox (exchange, routing_key, type, envelope, created_at)
      SELECT entry ->> 'exchange', entry ->> 'key', entry -> 'envelope' ->> 'type', entry -> 'envelope', ${new Date(this.clock.now())}
      FROM jsonb_array_elements(${json(rows)}::jsonb) WITH ORDINALITY AS given (entry, position) ORDER BY position`;
    tx.afterCommit(() => this.listeners.forEach((tell) => tell()));
  }

  /** Calls `tell` after every commit that wrote messages. */
  whenFilled(tell: () => void): () => void {
    this.listeners.add(tell);
    return () => this.listeners.delete(tell);
  }

  private envelope(tx: Tx, contract: MessageContract, body: unknown): unknown {
    return seal(contract, body, this.clock.now(), tx.requestId === undefined ? {} : { requestId: tx.requestId });
  }
}

import type { CallContract, CallReply, CallRequest } from '@virga/contract';
import { Unavailable, faultOf, newId, type Clock, type Duration, type FaultRecord } from '@virga/kernel';
import type { ConsumeMessage } from 'amqplib';
import { BrokerUnavailable, type Broker } from './broker.js';
import { decode, requireBody, seal, type Envelope } from './envelope.js';

import type { Link } from './link.js';
import type { Publisher } from './publisher.js';
import { deliverOnce, type MessageTap } from './tap.js';
import { callQueue, commandQueue, declarePrivate, exchanges, type AgentAddress } from './topology.js';

/** Nobody answered in time; whether the question had its effect is unknown. */
export class CallTimedOut extends Unavailable {
  constructor(type: string, options: { cause?: unknown } = {}) {
    super('messaging.call.timed-out', `'${type}' was not answered in time.`, options);
  }
}

/** Nothing answers such calls: the service or agent was never started here, or its host has been removed. */
export class NobodyAnswers extends Unavailable {
  constructor(type: string) {
    super('messaging.call.nobody-answers', `Nothing answers '${type}' right now.`);
  }
}

export interface CallOptions {
  /** The same key means the same question, asked again; operations pass `run.idempotencyKey(…)`. */
  idempotencyKey: string;
  signal?: AbortSignal;
  /** Shorter than the contract's, where the caller has less time. */
  deadline?: Duration;
  /** The agent that is asked; without it, the service that the contract's type names. */
  to?: AgentAddress;
}

/** What the answering side reads from a call's headers. */
export const headers = { key: 'x-virga-idempotency-key', patience: 'x-virga-patience-ms' } as const;

export type ReplyBody = { reply: unknown } | { fault: FaultRecord };

interface Asking {
  signal: AbortSignal;
  /** Milliseconds until nobody waits any more. */
  remaining: number;
  replyTo: string;
}

interface Waiting {
  answered: (body: ReplyBody) => void;
  failed: (error: Error) => void;
}

/**
 * Asks other services and agents, and waits for their answers.
 *
 * Theory of operation. A question waits for a connection, an answer or its deadline, whichever comes first; it is never
 * repeated here, since retries belong to the operation's step. The reply queue vanishes with the connection, so its loss
 * fails every waiting call at once.
 */
export class Calls {
  private replyQueue: string | undefined;
  private readonly waiting = new Map<string, Waiting>();
  private readonly link: Link;
  private readonly tap: MessageTap;

  constructor(private readonly broker: Broker, private readonly publisher: Publisher, private readonly clock: Clock, tap?: MessageTap) {
    this.tap = tap ?? deliverOnce;
    this.link = broker.link({
      name: 'replies',
      open: async (channel) => {
        const name = `reply.${newId()}`;
        const queue = await declarePrivate(channel, exchanges.replies, [name], name);
        await channel.consume(queue, (message) => message && this.arrived(message), { noAck: true });
        this.replyQueue = queue;
      },
      lost: () => {
        this.replyQueue = undefined;
        this.failAll();
      },
    });
  }

  /** Answers what the other side answers, or throws its fault; `Unavailable` where there is no answer before the deadline. */
  async call<Contract extends CallContract>(contract: Contract, request: CallRequest<Contract>, options: CallOptions): Promise<CallReply<Contract>> {
    const patience = Math.min(options.deadline ?? contract.deadline, contract.deadline);
    const timeout = AbortSignal.timeout(patience);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    const envelope = seal({ ...contract, body: contract.request }, request, this.clock.now());
    const startedAt = performance.now();
    const replyTo = await this.ready(signal);
    if (replyTo === undefined) throw new BrokerUnavailable({ cause: this.broker.reason });
    const remaining = Math.max(1, Math.ceil(patience - (performance.now() - startedAt)));
    const body = await this.ask(contract, envelope, { ...options, signal, remaining, replyTo });
    if ('fault' in body) throw faultOf(body.fault);
    requireBody({ ...contract, body: contract.reply }, body.reply);
    return body.reply as CallReply<Contract>;
  }

  async close(): Promise<void> {
    await this.broker.unlink(this.link);
    this.failAll();
  }

  /** A connection comes first, its reply queue moments later. */
  private async ready(signal: AbortSignal): Promise<string | undefined> {
    await this.broker.untilConnected(signal);
    await this.link.untilOpen(signal);
    await this.publisher.untilReady(signal);
    return this.broker.isConnected ? this.replyQueue : undefined;
  }

  private ask(
    contract: CallContract, envelope: Envelope, options: CallOptions & Asking,
  ): Promise<ReplyBody> {
    const { promise, resolve, reject } = Promise.withResolvers<ReplyBody>();
    const giveUp = (): void => reject(new CallTimedOut(contract.type, { cause: options.signal.reason }));
    this.waiting.set(envelope.id, { answered: resolve, failed: reject });
    options.signal.addEventListener('abort', giveUp, { once: true });
    this.send(contract, envelope, options).catch(reject);
    return promise.finally(() => {
      this.waiting.delete(envelope.id);
      options.signal.removeEventListener('abort', giveUp);
    });
  }

  private async send(contract: CallContract, envelope: Envelope, { to, idempotencyKey, remaining, replyTo }: CallOptions & Asking): Promise<void> {
    const queue = to === undefined ? callQueue(serviceOf(contract.type)) : commandQueue(to);
    const published = await this.publisher.publish({ exchange: '', key: queue }, envelope, {
      persistent: false, mandatory: true, expiration: remaining, correlationId: envelope.id, replyTo,
      headers: { [headers.key]: idempotencyKey, [headers.patience]: remaining },
    });
    if (published === 'unroutable') throw new NobodyAnswers(contract.type);
    // What a test loses would be waited for in real time.
    if (published === 'lost') throw new CallTimedOut(contract.type);
  }

  private arrived(message: ConsumeMessage): void {
    const waiting = this.waiting.get(message.properties.correlationId as string);
    if (waiting === undefined) return;
    try {
      const envelope = decode(message.content);
      if (this.tap(envelope) === 0) waiting.failed(new CallTimedOut(envelope.type));
      else waiting.answered(envelope.body as ReplyBody);
    } catch (error) {
      waiting.failed(error as Error);
    }
  }

  private failAll(): void {
    for (const { failed } of this.waiting.values()) failed(new BrokerUnavailable({ cause: this.broker.reason }));
    this.waiting.clear();
  }
}

/** The first word of a call's type. */
function serviceOf(type: string): string {
  return type.slice(0, type.indexOf('.'));
}

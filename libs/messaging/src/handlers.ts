import type { CallContract, CallReply, CallRequest, MessageBody, MessageContract } from '@virga/contract';
import { Bug, Invalid } from '@virga/kernel';
import { contractKey, requireBody } from './envelope.js';

/** What a handler may want to know besides the body. */
export interface Delivery {
  readonly id: string;
  readonly requestId: string;
  readonly occurredAt: string;
  /** How often it was delivered or tried before, as far as is known. */
  readonly earlierTries: number;
  readonly signal: AbortSignal;
}

/** A report's delivery: who sent it, as the broker vouches for, and which of two is newer. */
export interface ReportDelivery extends Delivery {
  readonly host: string;
  readonly sequence: number;
}

/** What is done with messages of one contract. Handlers are repeatable: a message may come twice, late, or never. */
export interface Handler<D extends Delivery = Delivery> {
  readonly contract: MessageContract;
  readonly run: (body: unknown, delivery: D) => Promise<void>;
}

/** Pairs a message's contract with what is done about it; the body has been checked. */
export function on<Contract extends MessageContract>(
  contract: Contract, work: (body: MessageBody<Contract>, delivery: Delivery) => Promise<void>,
): Handler {
  return handler(contract, work);
}

/** Like `on`, for reports. Apply a report only where its sequence is higher than the last one's about the same thing. */
export function onReport<Contract extends MessageContract>(
  contract: Contract, work: (body: MessageBody<Contract>, delivery: ReportDelivery) => Promise<void>,
): Handler<ReportDelivery> {
  return handler(contract, work);
}

function handler<Contract extends MessageContract, D extends Delivery>(
  contract: Contract, work: (body: MessageBody<Contract>, delivery: D) => Promise<void>,
): Handler<D> {
  return {
    contract,
    run: async (body, delivery) => {
      requireBody(contract, body);
      await work(body as MessageBody<Contract>, delivery);
    },
  };
}

/** How a call reached us. */
export interface Question {
  readonly requestId: string;
  /** The same key means the same question: it is answered alike and has one effect. */
  readonly idempotencyKey: string;
  /** Aborts at the caller's deadline, when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** What is answered to calls of one contract. */
export interface Answerer {
  readonly contract: CallContract;
  readonly run: (request: unknown, question: Question) => Promise<unknown>;
}

/** Pairs a call's contract with what answers it; the request has been checked. Faults travel to the caller. */
export function answer<Contract extends CallContract>(
  contract: Contract, work: (request: CallRequest<Contract>, question: Question) => Promise<CallReply<Contract>>,
): Answerer {
  return {
    contract,
    run: async (request, question) => {
      requireBody({ ...contract, body: contract.request }, request);
      return work(request as CallRequest<Contract>, question);
    },
  };
}

/** Finds what is done for a type and version. */
export class Directory<Entry extends { contract: { type: string; version: number } }> {
  private readonly entries = new Map<string, Entry>();

  constructor(entries: readonly Entry[]) {
    this.add(entries);
  }

  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const key = contractKey(entry.contract);
      if (this.entries.has(key)) throw new Bug('messaging.handled-twice', `Two handlers are registered for ${key}.`);
      this.entries.set(key, entry);
    }
  }

  get types(): string[] {
    return [...new Set([...this.entries.values()].map((entry) => entry.contract.type))];
  }

  get size(): number {
    return this.entries.size;
  }

  /** Throws `Invalid` for what nobody handles: this process is older or newer than the sender. */
  get(message: { type: string; version: number }): Entry {
    const entry = this.entries.get(contractKey(message));
    if (entry === undefined) throw new Invalid('message.unknown', `Nobody here handles ${contractKey(message)}.`);
    return entry;
  }
}

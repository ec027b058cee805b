import { createHash } from 'node:crypto';
import type { AnyEndpoint, InputOf } from '@virga/contract';
import { Invalid, type Caller } from '@virga/kernel';

export interface IdempotencyContext {
  key: string;
  projectId: string;
  /** `POST /servers`: the same key on another route is another request. */
  route: string;
  /** Of the body and of who sent it. */
  requestHash: string;
}

export interface StoredReply {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** A row that a request inserted, by its table and its primary key. */
export interface MadeThing {
  table: string;
  id: string;
}

/** Gives a repeated POST (same `Idempotency-Key`, project and body within a day) the first one's answer and no second effect. */
export abstract class IdempotencyGuard {
  /** `show` answers where the first answer was lost, by what the first request made. */
  abstract run(
    context: IdempotencyContext, work: () => Promise<StoredReply>, show?: (made: readonly MadeThing[]) => Promise<StoredReply | undefined>,
  ): Promise<StoredReply>;
}

/** The context of a POST that carries an `Idempotency-Key`; undefined for every other request. */
export function idempotencyContext(contract: AnyEndpoint, input: InputOf<AnyEndpoint>, caller: Caller): IdempotencyContext | undefined {
  const key = [input.request.headers['idempotency-key']].flat()[0];
  if (key === undefined || contract.method !== 'POST' || contract.spec.streamsRequest === true) return undefined;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new Invalid('request.idempotency.key', 'An Idempotency-Key is 1 to 255 printable characters without spaces.');
  return {
    key,
    projectId: caller.projectId ?? caller.userId,
    route: input.request.url,
    // The user is part of it: an answer may hold what only the one who asked may see.
    requestHash: createHash('sha256').update(JSON.stringify([caller.userId, input.body ?? null])).digest('hex'),
  };
}

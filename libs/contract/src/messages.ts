import { Bug, seconds, type Duration } from '@virga/kernel';
import type { Static, TSchema } from './schema.js';

/** A message that services and agents exchange: its stable type, its version and the schema of its body. */
export interface MessageContract<Body extends TSchema = TSchema> {
  readonly kind: 'message';
  /** Whose it is and what it says, noun before verb: `compute.agent.ensure-guest`. */
  readonly type: string;
  /** Raised with every change that an older reader would misunderstand; both versions are declared while both are about. */
  readonly version: number;
  readonly body: Body;
}

/** A question that one service answers for another within a deadline. */
export interface CallContract<Request extends TSchema = TSchema, Reply extends TSchema = TSchema> {
  readonly kind: 'call';
  /** The answering service comes first: `network.ports.ensure` is answered by `network`. */
  readonly type: string;
  readonly version: number;
  readonly request: Request;
  readonly reply: Reply;
  /**
   * How long a caller waits for the answer.
   *
   * Too short: slow but healthy answers are thrown away and asked for again. Too long: a caller notices late that
   * nobody is there. A caller may ask for less.
   */
  readonly deadline: Duration;
}

/** The body of a message, as its handler sees it. */
export type MessageBody<Contract extends MessageContract> = Static<Contract['body']>;
/** What a call is asked with. */
export type CallRequest<Contract extends CallContract> = Static<Contract['request']>;
/** What a call answers. */
export type CallReply<Contract extends CallContract> = Static<Contract['reply']>;

/** Declares a command, report or event; bodies carry ids and facts, never decisions. */
export function message<Body extends TSchema>(spec: { type: string; version: number; body: Body }): MessageContract<Body> {
  requireName(spec.type, spec.version);
  return { kind: 'message', ...spec };
}

/** Declares a call; the first word of its type names the service (or `<service>.agent`) that answers. */
export function call<Request extends TSchema, Reply extends TSchema>(
  spec: { type: string; version: number; request: Request; reply: Reply; deadline?: Duration },
): CallContract<Request, Reply> {
  requireName(spec.type, spec.version);
  return { kind: 'call', deadline: seconds(10), ...spec };
}

const NAME = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$/;

function requireName(type: string, version: number): void {
  if (!NAME.test(type)) throw new Bug('message.type', `'${type}' is not a message type such as 'compute.agent.ensure-guest'.`);
  if (!Number.isInteger(version) || version < 1) throw new Bug('message.version', `Version ${version} of '${type}' is not a whole number from 1.`);
}

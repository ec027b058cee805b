import { schemaAt, validatorFor, type MessageContract, type TSchema, type Validator } from '@virga/contract';
import { Bug, Invalid, currentRequestId, newId, newRequestId, type Instant } from '@virga/kernel';

/** A message as it travels: what it is, what it is about, and which request caused it. */
export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly requestId: string;
  /** ISO 8601, UTC. */
  readonly occurredAt: string;
  /** In reports: higher is newer, per agent, across its restarts. */
  readonly sequence?: number;
  readonly body: unknown;
}

/** What a contract needs to have so that bodies can be checked: messages, and both halves of calls. */
export interface BodyContract {
  readonly type: string;
  readonly version: number;
  readonly body: TSchema;
}

/** Puts a body into an envelope; a body that its own contract refuses is a bug of the sender. */
export function seal(contract: BodyContract, body: unknown, at: Instant, more: { sequence?: number; requestId?: string } = {}): Envelope {
  const [violation] = validator(contract.body)(body);
  if (violation !== undefined) {
    throw new Bug('message.body', `${contract.type}/${contract.version}: ${violation.path.join('.')} ${violation.problem}`);
  }
  return {
    id: newId(), type: contract.type, version: contract.version,
    requestId: more.requestId ?? currentRequestId() ?? newRequestId(),
    occurredAt: new Date(at).toISOString(),
    ...(more.sequence !== undefined && { sequence: more.sequence }),
    body,
  };
}

/** Throws `Invalid` where the body is not what the contract says. */
export function requireBody(contract: BodyContract, body: unknown): void {
  const [violation] = validator(contract.body)(body);
  if (violation !== undefined) {
    throw new Invalid('message.body', `${contract.type}/${contract.version}: ${violation.path.join('.')} ${violation.problem}`);
  }
}

export function encode(envelope: Envelope): Buffer {
  return Buffer.from(JSON.stringify(envelope));
}

/** Reads what came from the broker; throws `Invalid` for anything that is not an envelope. */
export function decode(content: Buffer): Envelope {
  const envelope = parse(content);
  if (!isEnvelope(envelope)) throw new Invalid('message.envelope', 'The message is not an envelope.');
  return envelope;
}

/** Names a contract: the same type in two versions is two things. */
export const contractKey = ({ type, version }: Pick<MessageContract, 'type' | 'version'>): string => `${type}/${version}`;

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch (cause) {
    throw new Invalid('message.json', 'The message is not JSON.', { cause });
  }
}

const TEXTS = ['id', 'type', 'requestId', 'occurredAt'] as const;

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null || !('body' in value)) return false;
  const fields = value as Record<string, unknown>;
  const isOptionalNumber = (field: unknown): boolean => field === undefined || typeof field === 'number';
  return TEXTS.every((name) => typeof fields[name] === 'string') && typeof fields['version'] === 'number' && isOptionalNumber(fields['sequence']);
}

const validators = new WeakMap<TSchema, Validator>();

function validator(schema: TSchema): Validator {
  let known = validators.get(schema);
  if (known === undefined) {
    known = validatorFor(schemaAt(schema, 0), 'body');
    validators.set(schema, known);
  }
  return known;
}

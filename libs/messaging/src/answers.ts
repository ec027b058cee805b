import { T } from '@virga/contract';
import { Fault, Invalid, recordOf, type Clock } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import type { Arrival } from './consumer.js';
import { headers, type ReplyBody } from './calls.js';
import { requireBody, seal, type Envelope } from './envelope.js';
import type { Answerer, Directory, Question } from './handlers.js';
import type { Publisher } from './publisher.js';
import { exchanges } from './topology.js';

/** Whether an arrival is a question rather than a command. */
export function isCall(arrival: Arrival): boolean {
  return arrival.message.properties.replyTo !== undefined;
}

/**
 * Answers calls. A question is acknowledged after its answer was sent: if this process dies before, another replica gets
 * it, as long as its asker waits.
 */
export class Answers {
  constructor(
    private readonly directory: Directory<Answerer>, private readonly publisher: Publisher,
    private readonly clock: Clock, private readonly logger: Logger,
  ) {}

  async handle(arrival: Arrival): Promise<void> {
    const { replyTo, correlationId } = arrival.message.properties as { replyTo?: string; correlationId?: string };
    if (replyTo === undefined || correlationId === undefined) throw new Invalid('message.call', 'The call does not say where its answer goes.');
    const body = await this.answer(arrival);
    this.publisher.send({ exchange: exchanges.replies, key: replyTo }, this.sealReply(arrival.envelope, body), { correlationId }, 1);
  }

  private async answer({ envelope, message, signal }: Arrival): Promise<ReplyBody> {
    try {
      const answerer = this.directory.get(envelope);
      const reply = await answerer.run(envelope.body, question(envelope, message.properties.headers ?? {}, signal));
      requireBody({ ...answerer.contract, body: answerer.contract.reply }, reply ?? null);
      return { reply: reply ?? null };
    } catch (error) {
      const isOurs = !(error instanceof Fault) || error.kind === 'bug';
      this.logger[isOurs ? 'error' : 'info']('messaging.call-failed', { type: envelope.type, requestId: envelope.requestId, error });
      return { fault: recordOf(error) };
    }
  }

  private sealReply({ type, version, requestId }: Envelope, body: ReplyBody): Envelope {
    return { ...seal({ type, version, body: ANYTHING }, body, this.clock.now(), { requestId }) };
  }
}

/** Replies are checked against their contract before they are wrapped. */
const ANYTHING = T.Unknown();

function question(envelope: Envelope, given: Record<string, unknown>, signal: AbortSignal): Question {
  const patience = Number(given[headers.patience] ?? 0);
  const key = given[headers.key];
  return {
    requestId: envelope.requestId,
    idempotencyKey: typeof key === 'string' ? key : envelope.id,
    signal: patience > 0 ? AbortSignal.any([signal, AbortSignal.timeout(patience)]) : signal,
  };
}

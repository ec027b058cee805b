import { Readable } from 'node:stream';
import { Fault } from '@virga/kernel';
import type { FrontReply } from '../../front/index.js';
import { faultReply, SwiftFault } from '../faults/index.js';
import type { Answer } from './answer.js';
import type { SwiftRequest } from '../request/index.js';

/**
 * The status of a request that is made for another one: one of many, whose failing is told in a report and ends nothing. What is
 * no fault but a defect of ours counts as 500 there too. Throws only where the client has gone.
 */
export async function statusOf(request: SwiftRequest, answer: Answer): Promise<number> {
  const reply = await replyTo(request, answer);
  if (reply.body instanceof Readable) reply.body.destroy();
  return reply.status;
}

/** The answer to a request that is made for another one; what refuses it is an answer too. */
export async function replyTo(request: SwiftRequest, answer: Answer): Promise<FrontReply> {
  request.front.signal.throwIfAborted();
  try {
    return await answer(request);
  } catch (error) {
    request.front.signal.throwIfAborted();
    if (!(error instanceof SwiftFault) && !(error instanceof Fault)) throw error;
    const reply = faultReply(error, request.method);
    if (reply.status >= 500) request.front.noteFailure(error);
    return reply;
  }
}

/** A body without bytes. */
export function noBody(): Readable {
  return Readable.from([], { objectMode: false });
}

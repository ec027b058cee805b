import { Readable } from 'node:stream';
import type { AnyEndpoint, RequestFacts } from '@virga/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The request apart from its checked input: for links, streams, and stopping when the caller goes away. */
export function requestFacts(contract: AnyEndpoint, request: FastifyRequest, reply: FastifyReply): RequestFacts {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  return {
    headers: request.headers,
    baseUrl: `${request.protocol}://${hostOf(request)}`,
    url: request.url,
    signal: gone.signal,
    ...(contract.spec.streamsRequest === true && { stream: streamOf(request) }),
  };
}

/** A Host header is the caller's word: only what can be a host and port goes into links. */
function hostOf(request: FastifyRequest): string {
  return /^[\w.:[\]-]+$/.test(request.host) ? request.host : 'localhost';
}

function streamOf(request: FastifyRequest): Readable {
  return request.body instanceof Readable ? request.body : Readable.from([]);
}

import { SwiftFault } from '../faults/index.js';
import type { SwiftRequest } from '../request/index.js';

/** The whole body of a request, where it has a length or is sent in chunks (else 411), and at most `maxBytes` (else 413 with `words`). */
export async function boundedBody({ headers, body }: Pick<SwiftRequest, 'headers' | 'body'>, maxBytes: number, words: string): Promise<Buffer> {
  const announced = headers['content-length'];
  if (announced === undefined && headers['transfer-encoding']?.toLowerCase() !== 'chunked') throw new SwiftFault(411);
  if (announced !== undefined && Number(announced) > maxBytes) throw new SwiftFault(413, words);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new SwiftFault(413, words);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

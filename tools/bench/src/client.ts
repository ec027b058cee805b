import { Agent, request as ask } from 'node:http';
import { Readable } from 'node:stream';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
  bytes: number;
  elapsedMs: number;
}

export interface Question {
  method: string;
  url: string;
  headers?: Record<string, string>;
  /** Sent as JSON, unless it is bytes; a stream's length is told by a header. */
  body?: unknown;
  /** The answer's bytes are only counted. */
  discards?: boolean;
}

/** A small HTTP client that keeps its connections, so that the load generator costs little beside what it measures. */
export class Client {
  private readonly connections: Agent;

  constructor(concurrency: number, private readonly headers: Record<string, string> = {}) {
    this.connections = new Agent({ keepAlive: true, maxSockets: concurrency });
  }

  send({ method, url, headers, body, discards }: Question): Promise<Answer> {
    const { sent, described } = encoded(body);
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const asking = ask(url, {
        method, agent: this.connections,
        headers: { ...this.headers, ...headers, ...described },
      }, (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (discards !== true) chunks.push(chunk);
        });
        answer.on('error', reject);
        answer.on('end', () => {
          const elapsedMs = performance.now() - startedAt;
          const all = Buffer.concat(chunks);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, elapsedMs, bytes, get body() { return all.length === 0 ? undefined : JSON.parse(String(all)) as unknown; } });
        });
      });
      asking.on('error', reject);
      if (sent instanceof Readable) sent.pipe(asking);
      else asking.end(sent);
    });
  }

  /** The same for a request that must succeed. */
  async demand<T>(question: Question): Promise<T> {
    const answer = await this.send(question);
    if (answer.status >= 300) throw new Error(`${question.method} ${question.url} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  close(): void {
    this.connections.destroy();
  }
}

function encoded(body: unknown): { sent: string | Buffer | Readable | undefined; described: Record<string, string | number> } {
  if (body === undefined || body instanceof Readable) return { sent: body, described: {} };
  if (Buffer.isBuffer(body)) return { sent: body, described: { 'content-length': body.length } };
  const text = JSON.stringify(body);
  return { sent: text, described: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } };
}

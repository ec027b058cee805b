import { Agent, request as ask } from 'node:http';

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
  body?: unknown;
}

/** A small HTTP client that keeps its connections, so that the load generator costs little beside what it measures. */
export class Client {
  private readonly connections: Agent;

  constructor(concurrency: number, private readonly headers: Record<string, string> = {}) {
    this.connections = new Agent({ keepAlive: true, maxSockets: concurrency });
  }

  send({ method, url, headers, body }: Question): Promise<Answer> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const startedAt = performance.now();
    return new Promise((resolve, reject) => {
      const asking = ask(url, {
        method, agent: this.connections,
        headers: { ...this.headers, ...headers, ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) },
      }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          const elapsedMs = performance.now() - startedAt;
          const all = Buffer.concat(chunks);
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, elapsedMs, bytes: all.length, get body() { return all.length === 0 ? undefined : JSON.parse(String(all)) as unknown; } });
        });
      });
      asking.on('error', reject);
      asking.end(text);
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

import { Client, type Answer, type Question } from './client.js';

export interface LoadResult {
  requests: number;
  failed: number;
  perSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

export interface Load {
  concurrency: number;
  seconds: number;
  question: (index: number) => Question;
  headers?: Record<string, string>;
  isSuccess?: (answer: Answer) => boolean;
}

/** Asks again and again with so many askers at once, each waiting for its answer, until the time is over. */
export async function load({ concurrency, seconds, question, headers, isSuccess = ({ status }) => status < 300 }: Load): Promise<LoadResult> {
  const client = new Client(concurrency, headers);
  const times: number[] = [];
  let failed = 0;
  let next = 0;
  const startedAt = performance.now();
  const asker = async (): Promise<void> => {
    while (performance.now() - startedAt < seconds * 1000) {
      const answer = await client.send(question(next++));
      times.push(answer.elapsedMs);
      if (!isSuccess(answer)) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, asker));
  const elapsed = (performance.now() - startedAt) / 1000;
  client.close();
  return { requests: times.length, failed, perSecond: times.length / elapsed, ...percentiles(times) };
}

export function percentiles(times: readonly number[]): { p50Ms: number; p95Ms: number; p99Ms: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

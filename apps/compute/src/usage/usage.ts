import { hours, type Instant } from '@virga/kernel';

/** A server's part of a period. */
export interface ServerUsage {
  id: string;
  name: string;
  project: string;
  flavor: string;
  state: string;
  vcpus: number;
  memoryMebibytes: number;
  diskGibibytes: number;
  launchedAt: Date;
  terminatedAt: Date | null;
}

export interface Period {
  start: Instant;
  stop: Instant;
}

/** How many hours of the period the server was there. */
export function hoursIn({ start, stop }: Period, { launchedAt, terminatedAt }: Pick<ServerUsage, 'launchedAt' | 'terminatedAt'>): number {
  const from = Math.max(start, launchedAt.getTime());
  const to = Math.min(stop, terminatedAt?.getTime() ?? stop);
  return Math.max(0, to - from) / hours(1);
}

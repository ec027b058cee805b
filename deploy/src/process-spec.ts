/** How to see that a process does its work, beyond being there. */
export type Health =
  | { kind: 'http'; url: string }
  | { kind: 'tcp'; host: string; port: number }
  | { kind: 'socket'; path: string }
  | { kind: 'alive' };

/**
 * A process of the cloud, as data: the supervisor runs it, the systemd generator writes it as a unit, `status` shows it.
 * Nothing in it is secret, since arguments and environments of processes can be read by others.
 */
export interface ProcessSpec {
  name: string;
  /** Started from low to high and stopped from high to low; equal ranks at once. */
  rank: number;
  argv: string[];
  environment: Record<string, string>;
  /** The system user it runs as; root where absent. */
  user?: string;
  workingDirectory: string;
  stopSignal: NodeJS.Signals;
  /** How long it may take to end before it is killed. */
  stopSeconds: number;
  /** Run after each start, until it succeeds once: what must be true on the host while the process is up. */
  afterStart?: string[];
  /** Whether what it put into the background is to outlive it: guests, proxies. */
  leavesChildren: boolean;
  /** Where it listens, so that a taken port is found before the start. */
  listens: { host: string; port: number }[];
  health: Health;
  /** Changes when the program changes, so that a new build restarts what it concerns. */
  build: string;
}

/** Ranks, with room between them. */
export const RANK = { store: 10, engine: 20, chassis: 30, service: 50, agent: 60 } as const;

export function processSpec(spec: Partial<ProcessSpec> & Pick<ProcessSpec, 'name' | 'rank' | 'argv' | 'workingDirectory'>): ProcessSpec {
  return { environment: {}, stopSignal: 'SIGTERM', stopSeconds: 10, leavesChildren: false, listens: [], health: { kind: 'alive' }, build: '', ...spec };
}

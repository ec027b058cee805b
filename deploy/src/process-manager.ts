import { existsSync } from 'node:fs';
import type { Cloud } from './cloud.js';
import type { ProcessSpec } from './process-spec.js';
import type { ProcessRecord } from './supervisor/managed-process.js';
import { SupervisorManager } from './supervisor/manager.js';
import { SystemdManager } from './systemd/manager.js';

/** Whoever keeps the cloud's processes running: systemd where it is in charge of the machine, else our supervisor. */
export interface ProcessManager {
  /** Makes the processes run as specified; unchanged ones are left alone. Answers the names of those it (re)started. */
  ensure(specs: ProcessSpec[]): Promise<string[]>;
  /** Stops the processes of at least this rank, highest first. Answers their names. */
  stopFrom(rank: number): Promise<string[]>;
  /** What it keeps running; empty where nothing was started. */
  records(): Promise<ProcessRecord[]>;
  /** After the last process: what the manager itself left running or lying about. */
  end(): Promise<void>;
  /** A command that follows the logs of these processes, or of all. */
  logCommand(names: string[]): string[];
  /** The manager's own process, where it belongs to the cloud. */
  ownProcess(): Promise<number | undefined>;
}

export function processManager(cloud: Cloud): ProcessManager {
  return existsSync('/run/systemd/system') ? new SystemdManager(cloud) : new SupervisorManager(cloud);
}

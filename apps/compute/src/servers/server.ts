import { moves, type HostId, type ProjectId, type PublicFault, type ServerId, type UserId } from '@virga/kernel';
import type { Flavor } from '../flavors/index.js';
import type { SeedImage } from '../images/index.js';

/** What a server has settled on. Nova's `vm_state` is a view of it. */
export type ServerState = 'building' | 'active' | 'paused' | 'stopped' | 'resized' | 'error' | 'deleted';

/** What is being done with a server; whoever set it has started the operation that ends it. */
export type ServerTask =
  | 'scheduling' | 'spawning' | 'rebooting' | 'rebooting_hard' | 'powering-off' | 'powering-on' | 'pausing' | 'unpausing' | 'rebuilding' | 'resize_prep'
  | 'resize_reverting' | 'image_snapshot' | 'image_pending_upload' | 'image_uploading' | 'deleting';

export const serverMoves = moves<ServerState>({
  building: ['active', 'error', 'deleted'],
  active: ['active', 'paused', 'stopped', 'resized', 'error', 'deleted'],
  paused: ['active', 'paused', 'stopped', 'error', 'deleted'],
  stopped: ['active', 'stopped', 'paused', 'resized', 'error', 'deleted'],
  resized: ['active', 'stopped', 'error', 'deleted'],
  error: ['active', 'stopped', 'error', 'deleted'],
  deleted: [],
});

/** From which states a task may be begun (Nova's table of states and actions). */
export const taskStarts: Readonly<Record<Exclude<ServerTask, 'scheduling' | 'spawning' | 'image_pending_upload' | 'image_uploading' | 'deleting'>, readonly ServerState[]>> = {
  rebooting: ['active'],
  rebooting_hard: ['active', 'paused', 'stopped', 'error'],
  'powering-off': ['active', 'error'],
  'powering-on': ['stopped'],
  pausing: ['active'],
  unpausing: ['paused'],
  rebuilding: ['active', 'stopped', 'error'],
  resize_prep: ['active', 'stopped'],
  resize_reverting: ['resized'],
  image_snapshot: ['active', 'paused', 'stopped'],
};

/** Why a server is in ERROR, for its owner. */
export interface ServerFault extends PublicFault {
  /** ISO 8601. */
  at: string;
}

/** A server as operations and use cases work with it: the user's wish and our state, without long texts and reports. */
export interface Server {
  id: ServerId;
  projectId: ProjectId;
  userId: UserId;
  name: string;
  description: string | null;
  hostname: string;
  state: ServerState;
  task: ServerTask | null;
  /** Raised by every operation that commands the host, which refuses lower ones than it has seen. */
  generation: number;
  revision: number;
  flavor: Flavor;
  /** The image it was last built from. */
  image: SeedImage | null;
  /** It has no root disk of its own: it boots from one of its volumes. */
  isVolumeBacked: boolean;
  keyName: string | null;
  metadata: Record<string, string>;
  tags: string[];
  requestedZone: string | null;
  host: HostId | null;
  lockedBy: 'owner' | 'admin' | null;
  groupId: string | null;
  /** What a resize can still be reverted to. */
  resize: { flavor: Flavor; wasStopped: boolean } | null;
}

/** Whether something is under way that an operation must bring to its end. */
export function isTransitional(server: Pick<Server, 'state' | 'task'>): boolean {
  return server.state === 'building' || server.task !== null;
}

/** What Nova calls the states. */
export const vmStates: Readonly<Record<ServerState, string>> = {
  building: 'building', active: 'active', paused: 'paused', stopped: 'stopped', resized: 'resized', error: 'error', deleted: 'deleted',
};

/** The words that clients wait for, made of state and task (compute API guide, "Server concepts"). */
export function statusOf(state: ServerState, task: ServerTask | null): string {
  return (task !== null ? taskStatuses[state]?.[task] : undefined) ?? statuses[state];
}

const statuses: Readonly<Record<ServerState, string>> = {
  building: 'BUILD', active: 'ACTIVE', paused: 'PAUSED', stopped: 'SHUTOFF', resized: 'VERIFY_RESIZE', error: 'ERROR', deleted: 'DELETED',
};

const taskStatuses: Readonly<Partial<Record<ServerState, Partial<Record<ServerTask, string>>>>> = {
  active: { rebooting: 'REBOOT', rebooting_hard: 'HARD_REBOOT', rebuilding: 'REBUILD', resize_prep: 'RESIZE' },
  stopped: { rebuilding: 'REBUILD', resize_prep: 'RESIZE' },
  resized: { resize_reverting: 'REVERT_RESIZE' },
  error: { rebuilding: 'REBUILD' },
};

/** The pairs of state and tasks that show as one of the given statuses, for filters; `tasks` undefined means any other. */
export function statesShownAs(wanted: readonly string[]): { state: ServerState; tasks: ServerTask[]; isDefault: boolean }[] {
  const names = new Set(wanted.map((status) => status.toUpperCase()));
  return serverMoves.states.flatMap((state) => {
    const tasks = Object.entries(taskStatuses[state] ?? {}).filter(([, status]) => names.has(status)).map(([task]) => task as ServerTask);
    const isDefault = names.has(statuses[state]);
    return isDefault || tasks.length > 0 ? [{ state, tasks, isDefault }] : [];
  });
}

/** The tasks that give a state another status than its usual one. */
export function tasksWithOwnStatus(state: ServerState): ServerTask[] {
  return Object.keys(taskStatuses[state] ?? {}) as ServerTask[];
}

/** Statuses that exist in Nova, including those that no server has here. */
export const knownStatuses: ReadonlySet<string> = new Set([
  'ACTIVE', 'BUILD', 'DELETED', 'ERROR', 'HARD_REBOOT', 'MIGRATING', 'PASSWORD', 'PAUSED', 'REBOOT', 'REBUILD', 'RESCUE', 'RESIZE', 'REVERT_RESIZE',
  'SHELVED', 'SHELVED_OFFLOADED', 'SHUTOFF', 'SOFT_DELETED', 'SUSPENDED', 'UNKNOWN', 'VERIFY_RESIZE',
]);

/** Nova's numbers for power states; 0 where nothing is known. */
export function powerNumber(power: string | null | undefined): number {
  const numbers: Record<string, number> = { running: 1, paused: 3, shutdown: 4, crashed: 6 };
  return (power && numbers[power]) || 0;
}

/** A server's name as a DNS label, the way Nova makes hostnames: a name without any usable character gives `Server-<id>`. */
export function hostnameFor(name: string, id: string): string {
  const label = name.replaceAll(/[ _.]/g, '-').replaceAll(/[^\w-]+/g, '').toLowerCase().replaceAll(/^[.-]+|[.-]+$/g, '').slice(0, 63).replace(/-+$/, '');
  return label === '' ? `Server-${id}` : label;
}

import { seconds, type Clock, type Duration, type Instant } from '@virga/kernel';
import type { AgentAddress } from '@virga/messaging';

/** The program that a storage host's commands are for. */
export const STORAGE_AGENT = 'storage-agent';

/**
 * How long after its last word a storage host counts as up.
 *
 * Too short: a host that is busy for a moment gets no volumes. Too long: volumes are placed on a dead host and wait there for
 * their deadline. Agents report several times within it.
 */
export const HOST_SILENCE: Duration = seconds(60);

export interface BackendCapabilities {
  isThin: boolean;
  isEncrypting: boolean;
  growsAttached: boolean;
  snapshotsTogether: boolean;
  isMultiattach: boolean;
}

/** A place for volumes on a storage host: what its agent says of it, and what operators want of it. */
export interface Backend {
  /** `HOST@BACKEND`. */
  name: string;
  /** Its service's id in the API. */
  id: string;
  host: string;
  /** As its host calls it: `file`. */
  backend: string;
  /** The driver's name. */
  kind: string;
  availabilityZone: string;
  agentVersion: string;
  isEnabled: boolean;
  disabledReason: string | null;
  isFrozen: boolean;
  replicationStatus: string;
  activeBackendId: string | null;
  totalBytes: number;
  freeBytes: number;
  provisionedBytes: number;
  /** Whether the backend itself works; its host may still say so while it does not. */
  isAvailable: boolean;
  capabilities: BackendCapabilities;
  reservedPercentage: number;
  maxOverSubscriptionRatio: number;
  seenAt: Instant;
  createdAt: Date;
  updatedAt: Date;
}

export const backendName = (host: string, backend: string): string => `${host}@${backend}`;

/** Which agent a backend's commands go to, and how that one calls it. */
export function agentOf(name: string): { address: AgentAddress; backend: string } {
  const at = name.indexOf('@');
  return { address: { host: name.slice(0, at), agent: STORAGE_AGENT }, backend: name.slice(at + 1) };
}

/** The pool as the API shows it (`os-vol-host-attr:host`): every backend has one, called after it. */
export function poolName(name: string): string {
  return `${name}#${agentOf(name).backend}`;
}

/** The moment before which a host must not have been silent. */
export function silentBefore(clock: Clock): Date {
  return new Date(clock.now() - HOST_SILENCE);
}

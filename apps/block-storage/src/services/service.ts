import { hostname } from 'node:os';
import { Invalid, NotFound, type Instant } from '@virga/kernel';
import { HOST_SILENCE, type Backend } from '../backends/index.js';

/** Names of programs, as clients of Cinder know them. */
export const BACKEND_BINARY = 'cinder-volume';
export const BACKUP_BINARY = 'cinder-backup';
export const SCHEDULER_BINARY = 'cinder-scheduler';
const API_BINARY = 'cinder-api';
const BINARIES: readonly string[] = [BACKEND_BINARY, BACKUP_BINARY, SCHEDULER_BINARY, API_BINARY];

/** The host that this process runs on: the scheduler is a part of it. */
export const thisHost = (): string => hostname();

/** Something that serves volumes, as operators see it. */
export interface Service {
  binary: string;
  /** A backend's name, or a host's. */
  host: string;
  zone: string;
  isEnabled: boolean;
  disabledReason: string | null;
  isUp: boolean;
  updatedAt: Date;
  /** Only of a backend. */
  backend?: Pick<Backend, 'isAvailable' | 'isFrozen' | 'replicationStatus' | 'activeBackendId'>;
}

export class ServiceUnknown extends NotFound {
  constructor(binary: string, host: string) {
    super('block-storage.service.unknown', `Service ${binary.slice(0, 64)} could not be found on host ${host.slice(0, 255)}.`);
  }
}

export class ServiceUnnamed extends Invalid {
  constructor() {
    super('block-storage.service.unnamed', "Invalid input for field/attribute binary. 'binary' is a required property");
  }
}

export class ServiceUnchangeable extends Invalid {
  constructor(binary: string) {
    super('block-storage.service.unchangeable', `Only ${BACKEND_BINARY} services can be enabled and disabled, not ${binary}.`);
  }
}

export class HostUnknown extends NotFound {
  constructor(host: string) {
    super('block-storage.host.unknown', `Host ${host.slice(0, 255)} could not be found.`);
  }
}

/** A request's body names a backend that does not exist. */
export class BackendUnknown extends Invalid {
  constructor(host: string) {
    super('block-storage.backend.unknown', `Invalid input received: Host ${host.slice(0, 255)} could not be found.`);
  }
}

export class BackendUnreplicated extends Invalid {
  constructor(host: string) {
    super('block-storage.backend.unreplicated', `Invalid input received: ${host.slice(0, 255)} has no replica that could take over.`);
  }
}

export function isBinary(name: string): boolean {
  return BINARIES.includes(name);
}

/** The backend that a host's name in a request means: pools have their backend's name before a `#`. */
export function backendNamed(host: string): string {
  return host.split('#')[0] as string;
}

/** Every service there is: a backend each, the backups of each storage host, and the scheduler. */
export function servicesOf(backends: readonly Backend[], now: Instant): Service[] {
  const isUp = ({ seenAt }: Backend): boolean => seenAt >= now - HOST_SILENCE;
  const hosts = new Map(backends.map((backend) => [backend.host, backend]));
  return [
    { binary: SCHEDULER_BINARY, host: thisHost(), zone: backends[0]?.availabilityZone ?? 'nova', isEnabled: true, disabledReason: null, isUp: true, updatedAt: new Date(now) },
    ...backends.map((backend): Service => ({
      binary: BACKEND_BINARY, host: backend.name, zone: backend.availabilityZone, isEnabled: backend.isEnabled, disabledReason: backend.disabledReason,
      isUp: isUp(backend), updatedAt: new Date(backend.seenAt), backend,
    })),
    ...[...hosts].map(([host, backend]): Service => ({
      binary: BACKUP_BINARY, host, zone: backend.availabilityZone, isEnabled: true, disabledReason: null, isUp: isUp(backend), updatedAt: new Date(backend.seenAt),
    })),
  ];
}

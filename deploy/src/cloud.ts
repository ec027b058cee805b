import { join } from 'node:path';
import type { Settings } from './settings.js';

/** Where the parts of one cloud lie below its state directory. */
export interface Cloud {
  settings: Settings;
  directories: ReturnType<typeof directoriesOf>;
  /** The supervisor's control socket. */
  controlSocket: string;
  secret(name: SecretName): string;
}

export const SERVICE_USERS = ['nova', 'placement', 'neutron', 'glance', 'cinder'] as const;

export type SecretName =
  | 'database-password' | 'broker-password' | 'broker-agent-password' | 'broker-storage-agent-password' | 'broker-cookie' | 'admin-password' | 'demo-password'
  | 'master-key' | 'metadata-secret' | 'storage-secret' | 'host-metadata-key' | 'host-storage-key' | 'volume-credentials-secret' | 'host-volume-credentials-key' | `${(typeof SERVICE_USERS)[number]}-password`;

export function cloudOf(settings: Settings): Cloud {
  const directories = directoriesOf(settings);
  return {
    settings,
    directories,
    controlSocket: join(directories.run, 'supervisor.sock'),
    secret: (name) => join(directories.secrets, name),
  };
}

function directoriesOf({ stateDirectory: state, cacheDirectory: cache }: Settings) {
  return {
    state,
    run: join(state, 'run'),
    log: join(state, 'log'),
    config: join(state, 'config'),
    secrets: join(state, 'secrets'),
    compiledCode: join(cache, 'node'),
    guestImage: join(cache, 'guest-image'),
    database: join(state, 'postgresql'),
    databaseSocket: join(state, 'run/postgresql'),
    broker: join(state, 'rabbitmq'),
    ovnCentral: join(state, 'ovn'),
    ovs: join(state, 'ovs'),
    libvirt: join(state, 'libvirt'),
    instances: join(state, 'instances'),
    imageCache: join(state, 'image-cache'),
    images: join(state, 'images'),
    objects: join(state, 'objects'),
    volumes: join(state, 'volumes'),
    /** Sockets of the daemons that hold the volumes; short, since sockets' paths end at 107 characters. */
    volumesRun: join(state, 'run/volumes'),
    /** For each pool of a Ceph cluster a directory with what is under way there; no volumes. */
    cephWork: join(state, 'ceph'),
    storageTasks: join(state, 'storage-tasks'),
    backups: join(state, 'backups'),
    /** The authority by which hosts know each other when they reach volumes. */
    pki: join(state, 'pki'),
    storagePki: join(state, 'pki/storage'),
    /** What guests' processes read of it. */
    guestPki: join(state, 'guest-pki'),
    /** Operators' own rules, a file for each service. */
    policy: join(state, 'policy'),
  };
}

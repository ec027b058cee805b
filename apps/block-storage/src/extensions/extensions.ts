/** What the API of old added by extensions: all of it is part of the API now. Aliases and names are Cinder's, which clients look for. */
const ADDITIONS: Readonly<Record<string, readonly [name: string, description: string]>> = {
  'backups': ['Backups', 'Backups of volumes.'],
  'capabilities': ['Capabilities', 'What backends can do.'],
  'encryption': ['VolumeTypeEncryption', 'How volumes of a type are encrypted.'],
  'os-admin-actions': ['AdminActions', 'What only administrators do with volumes, snapshots and backups.'],
  'os-availability-zone': ['AvailabilityZones', 'Availability zones.'],
  'os-extended-services': ['ExtendedServices', 'Why services are disabled.'],
  'os-extended-snapshot-attributes': ['ExtendedSnapshotAttributes', 'Project and progress of snapshots.'],
  'os-hosts': ['Hosts', 'Storage hosts.'],
  'os-quota-class-sets': ['QuotaClasses', 'Limits for classes of projects.'],
  'os-quota-sets': ['Quotas', 'Limits of projects.'],
  'os-services': ['Services', 'Services of storage hosts.'],
  'os-snapshot-actions': ['SnapshotActions', 'What backends say of snapshots.'],
  'os-snapshot-manage': ['SnapshotManage', 'Taking over snapshots that exist on a backend.'],
  'os-snapshot-unmanage': ['SnapshotUnmanage', 'Giving up snapshots.'],
  'os-types-extra-specs': ['TypesExtraSpecs', 'Extra specifications of volume types.'],
  'os-types-manage': ['TypesManage', 'Making and deleting volume types.'],
  'os-used-limits': ['UsedLimits', 'Usage beside limits.'],
  'os-vol-host-attr': ['VolumeHostAttribute', 'Which backend a volume is on.'],
  'os-vol-image-meta': ['VolumeImageMetadata', 'What the image of a volume said of itself.'],
  'os-vol-mig-status-attr': ['VolumeMigStatusAttribute', 'How a volume\'s move stands.'],
  'os-vol-tenant-attr': ['VolumeTenantAttribute', 'Which project a volume belongs to.'],
  'os-volume-actions': ['VolumeActions', 'Attaching, extending, uploading and more.'],
  'os-volume-encryption-metadata': ['VolumeEncryptionMetadata', 'How a volume is encrypted.'],
  'os-volume-manage': ['VolumeManage', 'Taking over volumes that exist on a backend.'],
  'os-volume-transfer': ['VolumeTransfer', 'Giving volumes to other projects.'],
  'os-volume-type-access': ['VolumeTypeAccess', 'Private volume types.'],
  'os-volume-unmanage': ['VolumeUnmanage', 'Giving up volumes.'],
  'OS-SCH-HNT': ['SchedulerHints', 'Hints for placing a volume.'],
  'qos-specs': ['Qos_specs_manage', 'Limits for volumes of a type.'],
  'scheduler-stats': ['Scheduler_stats', 'Pools that volumes are placed in.'],
};

export interface Extension {
  alias: string;
  name: string;
  description: string;
  updated: string;
  links: [];
}

/** The same moment for all: that at which version 3 began, with all of them in it. */
const MERGED_AT = '2016-02-08T12:20:21Z';

export const EXTENSIONS: readonly Extension[] = Object.entries(ADDITIONS).map(([alias, [name, description]]) => ({ alias, name, description, updated: MERGED_AT, links: [] }));

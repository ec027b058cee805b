import type { AnyEndpoint, PolicyRule } from '@virga/contract';
import * as backups from './backups.contract.js';
import * as clusters from './clusters.contract.js';
import * as extensions from './extensions.contract.js';
import * as pools from './pools.contract.js';
import * as qos from './qos-specs.contract.js';
import * as quotas from './quotas.contract.js';
import * as services from './services.contract.js';
import * as userMessages from './user-messages.contract.js';
import * as volumeKeys from './volume-keys.contract.js';
import * as volumeTypes from './volume-types.contract.js';
import * as attachmentActions from './attachment-actions.contract.js';
import * as attachments from './attachments.contract.js';
import * as groups from './groups.contract.js';
import * as groupSnapshots from './group-snapshots.contract.js';
import * as groupTypes from './group-types.contract.js';
import { baseRules } from './rules.js';
import * as snapshotActions from './snapshot-actions.contract.js';
import * as snapshots from './snapshots.contract.js';
import * as versions from './versions.contract.js';
import * as manageable from './manageable.contract.js';
import * as resourceFilters from './resource-filters.contract.js';
import * as schedules from './schedules.contract.js';
import * as transfers from './transfers.contract.js';
import * as volumeActions from './volume-actions.contract.js';
import * as volumeMetadata from './volume-metadata.contract.js';
import * as volumes from './volumes.contract.js';

/** The files of declarations; a new resource adds its own here. */
const files: readonly Record<string, unknown>[] = [
  schedules,
  attachmentActions,
  attachments,
  backups,
  groupSnapshots,
  groupTypes,
  groups,
  snapshotActions,
  snapshots,
  versions,
  volumes, volumeActions, volumeMetadata, transfers, manageable, resourceFilters,
  clusters, extensions, pools, qos, quotas, services, userMessages, volumeKeys, volumeTypes,
];

/** Every endpoint of the block storage API by its name: for the server, the documents, and the tests that run over all of them. */
export const blockStorageEndpoints: Readonly<Record<string, AnyEndpoint>> = Object.fromEntries(files.flatMap((file) => Object.entries(file)).filter(isEndpoint));

/** Every rule of the block storage API, once. */
export const blockStorageRules: readonly PolicyRule[] = [...new Map([
  ...baseRules,
  ...Object.values(blockStorageEndpoints).flatMap(({ spec }) => [...(spec.policy === 'public' ? [] : [spec.policy]), ...(spec.alsoConsults ?? [])]),
].map((rule) => [rule.name, rule])).values()];

function isEndpoint(entry: [string, unknown]): entry is [string, AnyEndpoint] {
  const [, value] = entry;
  return typeof value === 'object' && value !== null && 'spec' in value && 'statusAt' in value;
}

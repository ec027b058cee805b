import type { SecretBox } from '@virga/identity-client';
import { openMetadata } from '../metadata/index.js';
import type { Container } from './container.js';
import type { ContainerRow } from './containers.repository.js';

/** What a row says. */
export function containerOf(secrets: SecretBox, row: ContainerRow): Container {
  return {
    id: row.id, account: row.account, name: row.name, storagePolicy: row.storage_policy,
    metadata: openMetadata(secrets, row.id, row), settings: row.settings,
    objectCount: row.object_count, bytesUsed: row.bytes_used, createdAt: row.created_at, changedAt: row.changed_at,
  };
}

import type { Migration } from '@virga/persistence';
import { createNetworkSchema } from './0001-create-network-schema.js';

/** The network service's schema, oldest step first. */
export const networkMigrations: readonly Migration[] = [createNetworkSchema];

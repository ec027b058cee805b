import { outboxMigrations } from '@virga/messaging/outbox';
import { operationMigrations } from '@virga/operations';
import { idempotencyMigrations, type Migration } from '@virga/persistence';
import { createFlavors, createKeypairs } from './0001-flavors-and-keypairs.js';
import { createSchedulingDecisions, createServers } from './0003-servers.js';
import { createHosts, createPlacement } from './0005-hosts-and-placement.js';
import { addShownNics } from './0007-shown-nics.js';
import { createServerPasswords, indexServerAddresses, indexServerUsage } from './0020-metadata-and-usage.js';
import { allowResize } from './0023-resize.js';
import {
  addCommandsOfBlockDevices, addMovesOfBlockDevices, addSwapsOfBlockDevices, addWorkersOfBlockDevices, createBlockDevices,
} from './0030-block-devices.js';
import { addPlacesOfDevices } from './0034-places-of-devices.js';

/** The schema `compute`. */
export const computeMigrations: readonly Migration[] = [
  ...idempotencyMigrations, ...outboxMigrations, ...operationMigrations,
  createFlavors, createKeypairs, createServers, createSchedulingDecisions, createHosts, createPlacement,
  createServerPasswords, indexServerAddresses, indexServerUsage, addShownNics, allowResize, createBlockDevices, addCommandsOfBlockDevices, addSwapsOfBlockDevices,
  addWorkersOfBlockDevices, addPlacesOfDevices,
  addMovesOfBlockDevices,
];

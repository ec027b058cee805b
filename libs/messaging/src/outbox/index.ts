export { Outbox, event, command, type Outgoing } from './outbox.js';
export { OutboxRelay, type RelayParts } from './outbox-relay.js';
export { outboxMigrations } from './migration.js';
export { OutboxModule } from './outbox.module.js';

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../cloud.js';
import { digestOf, ownedDirectory } from '../files.js';
import { processSpec, RANK, type ProcessSpec } from '../process-spec.js';
import { attempt, run } from '../run.js';
import { secretOf } from '../secrets.js';
import { waitUntil } from '../wait.js';

const BIN = '/usr/lib/postgresql/15/bin';
const USER = 'postgres';
const DATABASE = 'virga';

/**
 * A PostgreSQL cluster of our own, beside any that Debian may run.
 *
 * Theory of operation. `preparePostgres` makes the cluster once, under a temporary name that is renamed at the end, so
 * that a death in the middle leaves nothing half-made under the real one; the configuration is written anew each time.
 * The superuser comes in only through the socket, as the system user `postgres`; the role `virga`, which owns the
 * database, only with its password. `settlePostgres` may be repeated, and gives the role the password of the secrets file.
 */
export async function preparePostgres(cloud: Cloud): Promise<void> {
  const { database, databaseSocket } = cloud.directories;
  const data = join(database, 'data');
  ownedDirectory(database, USER, 0o700);
  ownedDirectory(databaseSocket, USER, 0o755);
  if (!existsSync(data)) await createCluster(join(database, 'data.new'), data);
  writeFileSync(join(data, 'postgresql.conf'), configuration(cloud), { mode: 0o644 });
  writeFileSync(join(data, 'pg_hba.conf'), 'local all postgres peer\nhost all all 127.0.0.1/32 scram-sha-256\n', { mode: 0o644 });
}

export function postgresProcesses(cloud: Cloud): ProcessSpec[] {
  const data = join(cloud.directories.database, 'data');
  const listen = { host: '127.0.0.1', port: cloud.settings.enginePorts.database };
  return [processSpec({
    name: 'postgresql', rank: RANK.store, user: USER, workingDirectory: data,
    argv: [join(BIN, 'postgres'), '-D', data],
    // "Fast": sessions are ended, nothing is lost. SIGTERM would wait for every client.
    stopSignal: 'SIGINT', stopSeconds: 30,
    listens: [listen], health: { kind: 'tcp', ...listen }, build: digestOf(configuration(cloud)),
  })];
}

/** Waits for the server, then makes sure of the role and its database. */
export async function settlePostgres(cloud: Cloud): Promise<string> {
  await waitUntil('PostgreSQL answers', 60, async () => (await psql(cloud, 'postgres', 'SELECT 1')).code === 0);
  const password = secretOf(cloud, 'database-password');
  // The session's settings keep the password out of the log, whatever happens.
  await mustRun(cloud, 'postgres', `
    SET log_statement = 'none'; SET log_min_error_statement = 'panic'; SET log_min_duration_statement = -1;
    DO $$ BEGIN CREATE ROLE virga LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    ALTER ROLE virga PASSWORD '${password}';
    SELECT 'CREATE DATABASE ${DATABASE} OWNER virga' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${DATABASE}') \\gexec`);
  return `database ${DATABASE} on port ${cloud.settings.enginePorts.database}`;
}

export const databaseUrl = (cloud: Cloud) =>
  `postgres://virga:${secretOf(cloud, 'database-password')}@127.0.0.1:${cloud.settings.enginePorts.database}/${DATABASE}`;

async function createCluster(scratch: string, data: string): Promise<void> {
  await run(['rm', '-rf', scratch]);
  mkdirSync(scratch, { mode: 0o700 });
  await run(['chown', `${USER}:${USER}`, scratch]);
  await run([join(BIN, 'initdb'), '-D', scratch, '--encoding=UTF8', '--locale=C.UTF-8', '--auth-local=peer', '--auth-host=scram-sha-256', '--no-instructions'], { as: USER });
  await run(['mv', scratch, data]);
}

const psql = (cloud: Cloud, database: string, sql: string) =>
  attempt(psqlCommand(cloud, database), { as: USER, input: sql, timeoutMs: 20_000 });

const mustRun = (cloud: Cloud, database: string, sql: string) => run(psqlCommand(cloud, database), { as: USER, input: sql });

function psqlCommand(cloud: Cloud, database: string): string[] {
  const { directories, settings } = cloud;
  return [join(BIN, 'psql'), '-qAtX', '-v', 'ON_ERROR_STOP=1', '-h', directories.databaseSocket, '-p', String(settings.enginePorts.database), '-d', database];
}

/** Sized for one machine that also runs guests: an idle server keeps below 50 MiB and the limits still carry the load. */
function configuration(cloud: Cloud): string {
  return Object.entries({
    listen_addresses: "'127.0.0.1'",
    port: cloud.settings.enginePorts.database,
    unix_socket_directories: `'${cloud.directories.databaseSocket}'`,
    // Too low: services wait for connections under load. Too high: each connection may take some MiB.
    max_connections: 120,
    shared_buffers: '48MB',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    max_worker_processes: 2,
    max_parallel_workers: 0,
    max_logical_replication_workers: 0,
    autovacuum_max_workers: 2,
    // Nobody replicates from here: no sender, and the least to write. A standby would need wal_level = replica.
    wal_level: 'minimal',
    max_wal_senders: 0,
    min_wal_size: '32MB',
    max_wal_size: '512MB',
    // Statements are short and known; compiling them costs more than it saves.
    jit: 'off',
    huge_pages: 'off',
    timezone: "'UTC'",
    log_timezone: "'UTC'",
    datestyle: "'iso'",
    log_line_prefix: "'%m [%p] %u@%d '",
    log_checkpoints: 'off',
    idle_in_transaction_session_timeout: "'5min'",
  }).map(([key, value]) => `${key} = ${value}\n`).join('');
}

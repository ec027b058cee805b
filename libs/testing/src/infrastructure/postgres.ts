import { chownSync, existsSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { ensurePackages } from './debian.js';
import { exclusively, isAlive, readOrEmpty } from './exclusive.js';
import { daemonAccount, freePort, run } from './run.js';

const BINARIES = '/usr/lib/postgresql/15/bin';

/** A running PostgreSQL cluster of the tests' own. */
export interface PostgresCluster {
  host: '127.0.0.1';
  port: number;
  directory: string;
  /** The connection string of one of its databases. */
  url(database: string): string;
}

/**
 * Starts the cluster in `directory`, making it first where there is none; one that runs already is used as it is.
 *
 * It listens on loopback only, trusts who connects, and may lose everything in a power cut (no fsync): it is for tests.
 */
export async function startPostgres(directory: string): Promise<PostgresCluster> {
  await ensurePackages(['postgresql-15'], join(BINARIES, 'initdb'));
  return exclusively(directory, 'start', async () => {
    const data = join(directory, 'data');
    if (!existsSync(join(data, 'PG_VERSION'))) await initialize(directory, data);
    const isFresh = !isRunning(data);
    if (isFresh) await launch(directory, data);
    const started = cluster(directory, Number(postmasterPid(data)[3]));
    if (isFresh) await dropLeftovers(started);
    return started;
  });
}

/** Stops the cluster; what is connected loses its connection. */
export async function stopPostgres(directory: string): Promise<void> {
  const data = join(directory, 'data');
  if (isRunning(data)) await run(join(BINARIES, 'pg_ctl'), ['stop', '-D', data, '-m', 'fast'], { as: daemonAccount('postgres'), cwd: '/' });
}

/**
 * Ends the cluster as a power cut would, and resolves when none of its processes is left: a backend that is not looking outlives the
 * postmaster for a moment, and could still commit or answer, and a postmaster that is still ending would be taken for one that runs.
 */
export async function killPostgres(directory: string): Promise<void> {
  const data = join(directory, 'data');
  const postmaster = Number(postmasterPid(data)[0]);
  for (let left = [postmaster]; left.length > 0 || isAlive(postmaster); left = processesOf(data)) {
    left.forEach(kill);
    await pause(5);
  }
}

function kill(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function initialize(directory: string, data: string): Promise<void> {
  const as = daemonAccount('postgres');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (as !== undefined) [directory, data].forEach((path) => chownSync(path, as.uid, as.gid));
  const options = ['--username=virga', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'];
  await run(join(BINARIES, 'initdb'), ['-D', data, ...options], { as, cwd: '/' });
  writeFileSync(join(data, 'postgresql.auto.conf'), `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
max_wal_size = 512MB
autovacuum_naptime = 5min
logging_collector = off
deadlock_timeout = 100ms
`);
}

async function launch(directory: string, data: string): Promise<void> {
  await clearRemains(data);
  const start = async (): Promise<string> => {
    const options = ['-D', data, '-l', join(directory, 'log'), '-w', '-t', '60', '-o', `-p ${await freePort()}`];
    return run(join(BINARIES, 'pg_ctl'), ['start', ...options], { as: daemonAccount('postgres'), cwd: '/' });
  };
  // Somebody may take the port between finding it free and using it.
  await start().catch(start);
}

/** Databases of test files that were killed: after a start nobody can be using one. */
async function dropLeftovers(started: PostgresCluster): Promise<void> {
  const admin = new pg.Client({ connectionString: started.url('postgres') });
  await admin.connect();
  const { rows } = await admin.query<{ datname: string }>(`SELECT datname FROM pg_database WHERE datname ~ '^test_|_new$'`);
  for (const { datname } of rows) await admin.query(`DROP DATABASE IF EXISTS ${datname}`);
  await admin.end();
}

/**
 * Lets a killed cluster be started again. In a container without an init a killed postmaster stays in the process table
 * for ever, and PostgreSQL takes it for a running one; its pid file goes, once every process of the cluster has ended.
 */
async function clearRemains(data: string): Promise<void> {
  while (processesOf(data).length > 0) await pause(20);
  rmSync(join(data, 'postmaster.pid'), { force: true });
}

function processesOf(data: string): number[] {
  const ids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return ids.filter((id) => isAlive(Number(id)) && workingDirectory(id) === data).map(Number);
}

function workingDirectory(processId: string): string | undefined {
  try {
    return readlinkSync(`/proc/${processId}/cwd`);
  } catch {
    return undefined;
  }
}

function isRunning(data: string): boolean {
  const [processId, , , , , , , status] = postmasterPid(data);
  return processId !== undefined && processId !== '' && isAlive(Number(processId)) && status?.trim() === 'ready';
}

/** Process id, data directory, start time, port, …, status: what postmaster.pid says, line by line. */
function postmasterPid(data: string): string[] {
  return readOrEmpty(join(data, 'postmaster.pid')).split('\n');
}

function cluster(directory: string, port: number): PostgresCluster {
  return { host: '127.0.0.1', port, directory, url: (database) => `postgres://virga@127.0.0.1:${port}/${database}` };
}

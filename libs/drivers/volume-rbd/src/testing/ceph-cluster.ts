import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { CephAccess } from '../ceph/ceph-tools.js';

const run = promisify(execFile);
const UP_WITHIN_MS = 90_000;
const ENDS_WITHIN_MS = 10_000;
const DISK_BYTES = 2 * 1024 * 1024 * 1024;
const POOL = 'volumes';
const DAEMONS = ['mon', 'mgr', 'osd'] as const;

/** A whole Ceph cluster on loopback: one monitor, one manager, one storage daemon on a sparse file, and a pool. For tests. */
export class CephCluster {
  private readonly daemons: ChildProcess[] = [];

  private constructor(readonly directory: string, private readonly ports: { v2: number; v1: number }) {}

  static async start(): Promise<CephCluster> {
    const cluster = new CephCluster(await mkdtemp(join(tmpdir(), 'vceph-')), await twoPorts());
    try {
      await cluster.bringUp();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** As a storage host has it: a user of its own, as the operators' guide has it made. */
  get access(): CephAccess {
    return { confFile: join(this.directory, 'ceph.conf'), user: 'virga', pool: POOL };
  }

  /** A tool as the administrator, and what it prints. */
  async run(program: 'ceph' | 'rbd' | 'rados', ...args: string[]): Promise<string> {
    return (await run(program, ['--conf', this.access.confFile, ...(program === 'ceph' ? [] : ['--pool', POOL]), ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout;
  }

  /** Which of these texts stand anywhere on the disk of the cluster. */
  async holds(...texts: string[]): Promise<string[]> {
    const file = await open(join(this.directory, 'osd', 'block'));
    const found = new Set<string>();
    try {
      const chunk = Buffer.alloc(16 * 1024 * 1024);
      const overlap = Math.max(...texts.map((text) => text.length));
      for (let at = 0; ; at += chunk.length - overlap) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
        for (const text of texts) if (chunk.subarray(0, bytesRead).includes(text)) found.add(text);
        if (bytesRead < chunk.length) return [...found];
      }
    } finally {
      await file.close();
    }
  }

  async stop(): Promise<void> {
    for (const daemon of this.daemons.reverse()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const ended = once(daemon, 'close');
      daemon.kill('SIGTERM');
      const giveUp = setTimeout(() => daemon.kill('SIGKILL'), ENDS_WITHIN_MS);
      await ended;
      clearTimeout(giveUp);
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  private async bringUp(): Promise<void> {
    const { directory } = this;
    const fsid = randomUUID();
    const file = (name: string): string => join(directory, name);
    for (const name of [...DAEMONS, 'run', 'log']) await mkdir(file(name));
    await writeFile(file('ceph.conf'), this.configuration(fsid));
    const conf = ['--conf', file('ceph.conf')];
    await this.makeKeys(file('keyring'));
    await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', `[v2:127.0.0.1:${this.ports.v2},v1:127.0.0.1:${this.ports.v1}]`, file('monmap')]);
    await run('ceph-mon', [...conf, '--mkfs', '-i', 'a', '--monmap', file('monmap'), '--keyring', file('keyring')]);
    this.daemon('ceph-mon', ...conf, '-i', 'a');
    this.daemon('ceph-mgr', ...conf, '-i', 'x');
    const osd = randomUUID();
    await this.run('ceph', 'osd', 'new', osd, '0');
    await writeFile(file('osd/block'), '');
    await truncate(file('osd/block'), DISK_BYTES);
    await run('ceph-osd', [...conf, '-i', '0', '--mkfs', '--osd-uuid', osd]);
    this.daemon('ceph-osd', ...conf, '-i', '0');
    const isUp = async (): Promise<boolean> => (JSON.parse(await this.run('ceph', 'osd', 'stat', '--format', 'json')) as { num_up_osds: number }).num_up_osds === 1;
    for (const deadline = AbortSignal.timeout(UP_WITHIN_MS); !await isUp(); await pause(100)) {
      if (deadline.aborted) throw new Error(`The storage daemon does not come up: ${await readFile(file('log/osd.0.log'), 'utf8').catch(() => 'it wrote no log')}`.slice(-2_000));
    }
    await this.run('ceph', 'osd', 'pool', 'create', POOL, '8');
    await this.run('ceph', 'osd', 'pool', 'application', 'enable', POOL, 'rbd');
    await this.run('ceph', 'auth', 'import', '-i', file('keyring'));
  }

  private daemon(program: string, ...args: string[]): void {
    const child = spawn(program, [...args, '-f'], { stdio: 'ignore' });
    child.on('error', () => undefined);
    this.daemons.push(child);
  }

  private async makeKeys(keyring: string): Promise<void> {
    const add = (name: string, ...caps: [string, string][]): Promise<unknown> =>
      run('ceph-authtool', [keyring, '--gen-key', '-n', name, ...caps.flatMap(([of, what]) => ['--cap', of, what])]);
    await run('ceph-authtool', ['--create-keyring', keyring]);
    await add('mon.', ['mon', 'allow *']);
    await add('client.admin', ['mon', 'allow *'], ['osd', 'allow *'], ['mgr', 'allow *']);
    await add('client.virga', ['mon', 'allow *'], ['osd', `profile rbd pool=${POOL}`], ['mgr', `profile rbd pool=${POOL}`]);
    await add('mgr.x', ['mon', 'allow profile mgr'], ['osd', 'allow *']);
    await add('osd.0', ['mon', 'allow profile osd'], ['mgr', 'allow profile osd'], ['osd', 'allow *']);
  }

  private configuration(fsid: string): string {
    const { directory, ports } = this;
    return `[global]
fsid = ${fsid}
mon_host = [v2:127.0.0.1:${ports.v2},v1:127.0.0.1:${ports.v1}]
mon_initial_members = a
public_addr = 127.0.0.1
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
# What a machine of any size and fullness can have.
osd_objectstore = bluestore
bluestore_block_size = ${DISK_BYTES}
bluestore_block_db_create = false
bluestore_block_wal_create = false
osd_memory_target = 939524096
osd_memory_cache_min = 134217728
osd_max_object_name_len = 256
osd_max_object_namespace_len = 64
mgr_initial_modules =
mon_data_avail_warn = 2
mon_data_avail_crit = 1
# One monitor has nobody to wait for.
paxos_propose_interval = 0.05
paxos_min_wait = 0.01
# How long clients that died stand in the way of removing their image.
osd_client_watch_timeout = 10
keyring = ${directory}/keyring
admin_socket = ${directory}/run/$name.asok
pid_file = ${directory}/run/$name.pid
log_file = ${directory}/log/$name.log
log_to_stderr = false
run_dir = ${directory}/run
osd_data = ${directory}/osd
mon_data = ${directory}/mon
mgr_data = ${directory}/mgr
`;
  }
}

/** Two that are free now, held at the same time so that they differ. */
async function twoPorts(): Promise<{ v2: number; v1: number }> {
  const servers = [createServer(), createServer()];
  for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
  const [v2 = 0, v1 = 0] = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) await once(server.close(), 'close');
  return { v2, v1 };
}

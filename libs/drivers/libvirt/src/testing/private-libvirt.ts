import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LibvirtConnection } from '../rpc/connection.js';

/** A libvirtd of one's own, for tests: it sees nothing of the machine's libvirt, and the machine's sees nothing of it. */
export interface PrivateLibvirt {
  readonly socketPath: string;
  /** Ends libvirtd the hard way; its guests live on. */
  kill(): Promise<void>;
  /** Starts libvirtd again over what is there. */
  start(): Promise<void>;
  /** Ends libvirtd and every guest of it. The directory is the caller's to remove. */
  stop(): Promise<void>;
}

const OWN_DIRECTORIES = { etc: '/etc/libvirt', run: '/run/libvirt', var: '/var/lib/libvirt', log: '/var/log/libvirt', cache: '/var/cache/libvirt' };

const LIBVIRTD_CONF = `
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
auth_unix_rw = "none"
listen_tls = 0
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
`;

/** No namespaces, cgroups or security driver: several of these run side by side, inside containers too. */
const QEMU_CONF = `
security_driver = "none"
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
stdio_handler = "file"
cgroup_controllers = []
namespaces = []
`;

const START_WITHIN_MS = 30_000;

/**
 * Starts libvirtd in a mount namespace of its own, with all its directories below `directory` (short: socket paths end at
 * 107 characters). Needs root and Debian's `libvirt-daemon` with its QEMU driver; throws libvirtd's own words where it does not start.
 */
export async function startPrivateLibvirt(directory: string): Promise<PrivateLibvirt> {
  for (const own of Object.keys(OWN_DIRECTORIES)) await mkdir(join(directory, own), { recursive: true });
  await writeFile(join(directory, 'etc', 'libvirtd.conf'), LIBVIRTD_CONF);
  await writeFile(join(directory, 'etc', 'qemu.conf'), QEMU_CONF);
  const libvirt = new PrivateDaemon(directory);
  await libvirt.start();
  return libvirt;
}

class PrivateDaemon implements PrivateLibvirt {
  readonly socketPath: string;
  private daemon: ChildProcess | undefined;
  private complaint = '';

  constructor(private readonly directory: string) {
    this.socketPath = join(directory, 'run', 'libvirt-sock');
  }

  async start(): Promise<void> {
    // A socket that was left behind would look like a daemon that is ready.
    for (const left of ['libvirt-sock', 'libvirt-sock-ro', 'libvirt-admin-sock', 'libvirtd.pid']) {
      await rm(join(this.directory, 'run', left), { force: true });
    }
    const binds = Object.entries(OWN_DIRECTORIES).map(([own, place]) => `mkdir -p ${place} && mount --bind "$1/${own}" ${place}`);
    const script = [...binds, 'exec libvirtd --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid'].join(' && ');
    const daemon = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', this.directory], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    daemon.stderr.on('data', (chunk: Buffer) => { this.complaint = `${this.complaint}${chunk.toString('utf8')}`.slice(-2000); });
    this.daemon = daemon;
    await this.ready(daemon);
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    for (const pid of await this.guestProcesses()) killed(pid);
    await this.end('SIGTERM');
    // A guest that started in between.
    for (const pid of await this.guestProcesses()) killed(pid);
  }

  private async ready(daemon: ChildProcess): Promise<void> {
    const deadline = AbortSignal.timeout(START_WITHIN_MS);
    const listener = { onEvent: () => undefined, onClose: () => undefined };
    while (!deadline.aborted && daemon.exitCode === null) {
      const connection = await LibvirtConnection.open(this.socketPath, listener, deadline).catch(() => undefined);
      if (connection) return connection.close();
      await pause(50);
    }
    throw new Error(`libvirtd did not start: ${this.complaint || `exit code ${daemon.exitCode}`}`);
  }

  private async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { daemon } = this;
    this.daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    daemon.kill(signal);
    await once(daemon, 'exit');
  }

  private async guestProcesses(): Promise<number[]> {
    const run = join(this.directory, 'run', 'qemu');
    const names = await readdir(run).catch(() => []);
    const pids = await Promise.all(names.filter((name) => name.endsWith('.pid')).map((name) => readFile(join(run, name), 'utf8').catch(() => '')));
    return pids.map(Number).filter((pid) => pid > 1);
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { LibvirtConnection } from '../rpc/connection.js';

/** A libvirtd of one's own, for tests: it sees nothing of the machine's libvirt, and the machine's sees nothing of it. */
export interface PrivateLibvirt {
  readonly socketPath: string;
  /** Ends libvirtd the hard way; its guests live on. */
  kill(): Promise<void>;
  /** Starts libvirtd again over what is there. */
  start(): Promise<void>;
  /** Ends one guest's process the hard way, as if QEMU had crashed. */
  killGuest(domainName: string): Promise<void>;
  /** Ends libvirtd and every guest of it. The directory is the caller's to remove. */
  stop(): Promise<void>;
}

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

/**
 * The first process of the private PID namespace. It must reap: QEMU is nobody's child after its start, and libvirt
 * takes a guest for running until somebody has. It ends with its standard input, and everything in the namespace with it;
 * so nothing outlives a test that was killed.
 */
const INIT = `
for own in etc:/etc/libvirt run:/run/libvirt var:/var/lib/libvirt log:/var/log/libvirt cache:/var/cache/libvirt; do
  mkdir -p "\${own#*:}" && mount --bind "$1/\${own%%:*}" "\${own#*:}" || exit 1
done
while read -r order subject; do
  case $order in
    start) libvirtd --config /etc/libvirt/libvirtd.conf --pid-file /run/libvirt/libvirtd.pid & daemon=$! ;;
    kill) kill -KILL "$daemon"; wait "$daemon" 2>/dev/null ;;
    kill-guest) kill -KILL "$(cat "/run/libvirt/qemu/$subject.pid")" ;;
  esac
  echo "done"
done
`;

const START_WITHIN_MS = 30_000;

/**
 * Starts libvirtd in mount and PID namespaces of its own, with all its directories below `directory` (short: socket paths
 * end at 107 characters). Needs root, bash, util-linux and Debian's `libvirt-daemon` with its QEMU driver; throws
 * libvirtd's own words where it does not start.
 */
export async function startPrivateLibvirt(directory: string): Promise<PrivateLibvirt> {
  for (const own of ['etc', 'run', 'var', 'log', 'cache']) await mkdir(join(directory, own), { recursive: true });
  await writeFile(join(directory, 'etc', 'libvirtd.conf'), LIBVIRTD_CONF);
  await writeFile(join(directory, 'etc', 'qemu.conf'), QEMU_CONF);
  const libvirt = new PrivateDaemon(directory);
  await libvirt.start();
  return libvirt;
}

class PrivateDaemon implements PrivateLibvirt {
  readonly socketPath: string;
  private readonly init: ChildProcessByStdio<Writable, Readable, Readable>;
  private complaint = '';

  constructor(private readonly directory: string) {
    this.socketPath = join(directory, 'run', 'libvirt-sock');
    this.init = spawn('unshare', [
      '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', INIT, 'bash', directory,
    ], { stdio: ['pipe', 'pipe', 'pipe'] });
    this.init.stderr.on('data', (chunk: Buffer) => { this.complaint = `${this.complaint}${chunk.toString('utf8')}`.slice(-2000); });
  }

  async start(): Promise<void> {
    // A socket that was left behind would look like a daemon that is ready.
    for (const left of ['libvirt-sock', 'libvirt-sock-ro', 'libvirt-admin-sock', 'libvirtd.pid']) {
      await rm(join(this.directory, 'run', left), { force: true });
    }
    await this.order('start');
    await this.ready();
  }

  async kill(): Promise<void> {
    await this.order('kill');
  }

  async killGuest(domainName: string): Promise<void> {
    await this.order(`kill-guest ${domainName}`);
  }

  async stop(): Promise<void> {
    if (this.init.exitCode !== null) return;
    this.init.stdin.end();
    await once(this.init, 'exit');
  }

  private async order(order: string): Promise<void> {
    this.init.stdin.write(`${order}\n`);
    const answer = await Promise.race([once(this.init.stdout, 'data'), once(this.init, 'exit')]);
    if (String(answer[0]).trim() !== 'done') throw new Error(`The private host of libvirtd ended: ${this.complaint}`);
  }

  private async ready(): Promise<void> {
    const deadline = AbortSignal.timeout(START_WITHIN_MS);
    const listener = { onEvent: () => undefined, onClose: () => undefined };
    while (!deadline.aborted) {
      const connection = await LibvirtConnection.open(this.socketPath, listener, deadline).catch(() => undefined);
      if (connection) return connection.close();
      await pause(50);
    }
    throw new Error(`libvirtd did not start: ${this.complaint || 'it says nothing'}`);
  }
}

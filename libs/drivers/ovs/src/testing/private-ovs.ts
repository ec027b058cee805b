import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An Open vSwitch of one's own in a network namespace of its own, with a userspace bridge `br-int` that learns addresses. */
export interface PrivateOvs {
  /** For `--db=`. */
  readonly database: string;
  readonly networkNamespace: string;
  /** Ends the switch (not its database) the hard way and starts it again: as after an upgrade. */
  restartSwitch(): Promise<void>;
  /** Ends everything in it. The directory is the caller's to remove. */
  stop(): Promise<void>;
}

/** It ends with its standard input and takes the daemons along, so that nothing outlives a test that was killed. */
const INIT = `
export OVS_RUNDIR="$1" OVS_DBDIR="$1" OVS_LOGDIR="$1" OVS_SYSCONFDIR="$1"
db="unix:$1/db.sock"
start_switch() { ovs-vswitchd "$db" --pidfile --log-file --detach -vconsole:off; }
ovsdb-tool create "$1/conf.db" /usr/share/openvswitch/vswitch.ovsschema &&
ovsdb-server "$1/conf.db" --remote="p$db" --pidfile --log-file --detach -vconsole:off &&
ovs-vsctl --db="$db" --no-wait init && start_switch &&
ovs-vsctl --db="$db" --timeout=20 add-br br-int -- set bridge br-int datapath_type=netdev fail-mode=standalone || exit 1
echo "done"
while read -r order; do
  kill -KILL "$(cat "$1/ovs-vswitchd.pid")"
  start_switch && echo "done"
done
`;

/** Needs root, Debian's `openvswitch-switch` and `/dev/net/tun`; throws Open vSwitch's own words where it does not start. */
export async function startPrivateOvs(directory: string, networkNamespace: string): Promise<PrivateOvs> {
  await mkdir(directory, { recursive: true });
  await run('ip', ['netns', 'add', networkNamespace]);
  const init = spawn('ip', [
    'netns', 'exec', networkNamespace, 'unshare', '--pid', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', INIT, 'bash', directory,
  ], { stdio: ['pipe', 'pipe', 'pipe'] });
  await isDone(init);
  return {
    database: `unix:${join(directory, 'db.sock')}`,
    networkNamespace,
    async restartSwitch() {
      init.stdin.write('restart\n');
      await isDone(init);
    },
    async stop() {
      init.stdin.end();
      await once(init, 'exit');
      await run('ip', ['netns', 'delete', networkNamespace]);
    },
  };
}

async function isDone(init: ChildProcessByStdio<Writable, Readable, Readable>): Promise<void> {
  let complaint = '';
  const listen = (chunk: Buffer): void => { complaint += chunk.toString('utf8'); };
  init.stderr.on('data', listen);
  const [answer] = await Promise.race([once(init.stdout, 'data'), once(init, 'exit')]) as [unknown];
  init.stderr.off('data', listen);
  if (String(answer).trim() !== 'done') throw new Error(`Open vSwitch did not start: ${complaint}`);
}

import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { endDaemon, run, runIn } from './processes.js';

/** An OVN of its own: both databases (one-node clusters, as in a real installation) and northd, below one directory. */
export interface PrivateOvn {
  readonly dir: string;
  /** `unix:` remotes, as `OvnNetworkBackend.connect` takes them. */
  readonly northbound: string;
  readonly southbound: string;
  /** Runs `ovn-nbctl` or `ovn-sbctl` on it and answers what it prints. */
  nbctl(...args: string[]): Promise<string>;
  sbctl(...args: string[]): Promise<string>;
  /** Kills the northbound server like a crash, and starts it again on the same file. */
  killNorthbound(): Promise<void>;
  startNorthbound(): Promise<void>;
  stop(): Promise<void>;
}

const SCHEMA_DIR = '/usr/share/ovn';

/**
 * Starts databases and northd below `dir` (absolute, short: unix socket paths end at 107 characters) in about a second. Needs the
 * package ovn-central. `stop` ends them and removes the directory.
 */
export async function startPrivateOvn(dir: string): Promise<PrivateOvn> {
  const at = resolve(dir);
  await mkdir(at, { recursive: true });
  const start = async (name: 'nb' | 'sb'): Promise<void> => {
    await runIn(at, 'ovsdb-server', `${at}/${name}.db`, `--remote=punix:${at}/${name}.sock`, `--unixctl=${at}/${name}.ctl`,
      `--pidfile=${at}/${name}.pid`, `--log-file=${at}/${name}.log`, '--detach', '-vconsole:off');
  };
  for (const name of ['nb', 'sb'] as const) {
    await runIn(at, 'ovsdb-tool', '-vconsole:off', 'create-cluster', `${at}/${name}.db`, `${SCHEMA_DIR}/ovn-${name}.ovsschema`, `unix:${at}/${name}.raft`);
    await start(name);
  }
  const northbound = `unix:${join(at, 'nb.sock')}`;
  const southbound = `unix:${join(at, 'sb.sock')}`;
  await run('ovn-nbctl', `--db=${northbound}`, 'init');
  await runIn(at, 'ovn-northd', `--ovnnb-db=${northbound}`, `--ovnsb-db=${southbound}`, `--unixctl=${at}/northd.ctl`,
    `--pidfile=${at}/northd.pid`, `--log-file=${at}/northd.log`, '--detach', '-vconsole:off');
  return {
    dir: at, northbound, southbound,
    nbctl: (...args) => run('ovn-nbctl', `--db=${northbound}`, ...args),
    sbctl: (...args) => run('ovn-sbctl', `--db=${southbound}`, ...args),
    killNorthbound: () => endDaemon(`${at}/nb.pid`, 'SIGKILL'),
    startNorthbound: () => start('nb'),
    async stop() {
      for (const name of ['northd', 'nb', 'sb']) await endDaemon(`${at}/${name}.pid`);
      await rm(at, { recursive: true, force: true });
    },
  };
}

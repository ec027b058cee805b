import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../settings.js';
import type { Cloud } from '../cloud.js';
import { processSpec, RANK, type ProcessSpec } from '../process-spec.js';
import { answers } from '../probe.js';
import { attempt, run } from '../run.js';
import { waitUntil } from '../wait.js';

export const EXTERNAL_BRIDGE = 'br-ex';
const INTEGRATION_BRIDGE = 'br-int';
const SCHEMAS = { nb: '/usr/share/ovn/ovn-nb.ovsschema', sb: '/usr/share/ovn/ovn-sb.ovsschema', ovs: '/usr/share/openvswitch/vswitch.ovsschema' };
const TO_OUR_LOG = ['-vconsole:info', '-vfile:off', '-vsyslog:off', '-vPATTERN:console:%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c|%p|%m'];

export type Datapath = 'system' | 'netdev';

/**
 * OVN's databases and northd, and this machine as a chassis with an Open vSwitch of its own.
 *
 * Theory of operation. The two OVN databases are one-member Raft clusters, made once: only such a database numbers its
 * transactions, so that a client which reconnects gets what it missed instead of everything. All daemons run in the
 * foreground under whoever watches over them, and find each other through sockets in the state directory; any of them
 * may die and come back alone. Files have OVN's usual names: with OVN_RUNDIR and OVS_RUNDIR set, its tools find them. What belongs to the host itself (the address of br-ex, forwarding, translation) is made
 * true after each start of ovs-vswitchd by `host/external-network.sh`, because a userspace bridge dies with that process.
 */
export async function prepareOvn(cloud: Cloud): Promise<void> {
  const { ovnCentral, ovs } = cloud.directories;
  const { northbound, southbound } = cloud.settings.enginePorts;
  for (const directory of [ovnCentral, ovs]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  await createDatabase(join(ovnCentral, 'ovnnb_db.db'), (file) => ['create-cluster', file, SCHEMAS.nb, `tcp:127.0.0.1:${northbound}`]);
  await createDatabase(join(ovnCentral, 'ovnsb_db.db'), (file) => ['create-cluster', file, SCHEMAS.sb, `tcp:127.0.0.1:${southbound}`]);
  await createDatabase(join(ovs, 'conf.db'), (file) => ['create', file, SCHEMAS.ovs]);
}

export const northboundRemote = (cloud: Cloud) => `unix:${join(cloud.directories.ovnCentral, 'ovnnb_db.sock')}`;
export const southboundRemote = (cloud: Cloud) => `unix:${join(cloud.directories.ovnCentral, 'ovnsb_db.sock')}`;

export function ovnProcesses(cloud: Cloud): ProcessSpec[] {
  const { ovnCentral, ovs } = cloud.directories;
  const { northbound, southbound } = cloud.settings.enginePorts;
  return [
    ovsdbServer('ovn-northbound', ovnCentral, 'ovnnb_db', northbound),
    ovsdbServer('ovn-southbound', ovnCentral, 'ovnsb_db', southbound),
    processSpec({
      name: 'ovn-northd', rank: RANK.engine, workingDirectory: ovnCentral, environment: ovnEnvironment(ovnCentral),
      argv: ['ovn-northd', `--ovnnb-db=${northboundRemote(cloud)}`, `--ovnsb-db=${southboundRemote(cloud)}`, `--unixctl=${join(ovnCentral, 'ovn-northd.ctl')}`, ...TO_OUR_LOG],
    }),
    ovsdbServer('openvswitch-db', ovs, 'conf'),
    processSpec({
      name: 'openvswitch', rank: RANK.engine, workingDirectory: ovs, environment: ovsEnvironment(ovs),
      argv: ['ovs-vswitchd', `unix:${join(ovs, 'db.sock')}`, `--unixctl=${join(ovs, 'ovs-vswitchd.ctl')}`, ...TO_OUR_LOG],
      afterStart: externalNetwork(cloud, 'up'),
    }),
    processSpec({
      name: 'ovn-controller', rank: RANK.chassis, workingDirectory: ovs, environment: ovsEnvironment(ovs),
      argv: ['ovn-controller', `unix:${join(ovs, 'db.sock')}`, ...TO_OUR_LOG],
    }),
  ];
}

/** Decides once how packets are switched: by the kernel where it can, else by ovs-vswitchd itself. */
export async function chooseDatapath(cloud: Cloud): Promise<Datapath> {
  await attempt(['modprobe', 'openvswitch']);
  // `datapath_types` of a running switch lists the kernel's also where it is missing; only asking the kernel tells.
  const { code } = await attempt(['ovs-dpctl', 'show'], { environment: ovsEnvironment(cloud.directories.ovs) });
  return code === 0 ? 'system' : 'netdev';
}

/** Writes the switch's own row and bridges; must be repeated whenever a setting changes, and may be at any time. */
export async function settleOvn(cloud: Cloud, datapath: Datapath): Promise<string> {
  const { ovs, ovnCentral } = cloud.directories;
  for (const socket of [join(ovs, 'db.sock'), join(ovnCentral, 'ovnnb_db.sock'), join(ovnCentral, 'ovnsb_db.sock')]) {
    await waitUntil(`${socket} answers`, 30, () => answers({ kind: 'socket', path: socket }));
  }
  const { name } = cloud.settings.host;
  const vsctl = (...args: string[]) => run(['ovs-vsctl', '--timeout=20', `--db=unix:${join(ovs, 'db.sock')}`, ...args]);
  await vsctl('--no-wait', 'init', '--', 'set', 'Open_vSwitch', '.', ...Object.entries({
    'system-id': name, 'hostname': name, 'ovn-remote': southboundRemote(cloud),
    'ovn-encap-type': 'geneve', 'ovn-encap-ip': '127.0.0.1',
    'ovn-bridge': INTEGRATION_BRIDGE, 'ovn-bridge-datapath-type': datapath, 'ovn-bridge-mappings': `physnet1:${EXTERNAL_BRIDGE}`,
    'ovn-monitor-all': 'false',
  }).map(([key, value]) => `external_ids:${key}=${value}`));
  await vsctl(
    '--may-exist', 'add-br', INTEGRATION_BRIDGE, '--', 'set', 'bridge', INTEGRATION_BRIDGE, `datapath_type=${datapath}`, 'fail-mode=secure', 'other-config:disable-in-band=true',
    '--', '--may-exist', 'add-br', EXTERNAL_BRIDGE, '--', 'set', 'bridge', EXTERNAL_BRIDGE, `datapath_type=${datapath}`, 'fail-mode=standalone', 'other-config:disable-in-band=true',
  );
  await run(externalNetwork(cloud, 'up'));
  await waitUntil('OVN has taken this machine as a chassis', 30, () => isChassis(cloud));
  return `${datapath} data path`;
}

/** Takes away what the host was given for the external network. */
export const removeExternalNetwork = (cloud: Cloud) => attempt(externalNetwork(cloud, 'down'));

/** What `ovs-vsctl` and its kin need to find this switch instead of the distribution's. */
export const ovsEnvironment = (directory: string) => ({
  OVS_RUNDIR: directory, OVS_DBDIR: directory, OVS_LOGDIR: directory, OVS_SYSCONFDIR: directory, ...ovnEnvironment(directory),
});

const ovnEnvironment = (directory: string) => ({ OVN_RUNDIR: directory, OVN_LOGDIR: directory, OVN_DBDIR: directory });

/** Tells the server behind the control socket $1, once it answers. */
const COMPACT = [
  'for try in 1 2 3 4 5 6 7 8 9 10',
  'do ovs-appctl -t "$1" ovsdb-server/memory-trim-on-compaction on && ovs-appctl -t "$1" ovsdb-server/compact && exit',
  'sleep 1',
  'done',
  'exit 1',
].join('; ');

function ovsdbServer(name: string, directory: string, database: string, port?: number): ProcessSpec {
  const socket = join(directory, database === 'conf' ? 'db.sock' : `${database}.sock`);
  const control = join(directory, `${database}.ctl`);
  return processSpec({
    name, rank: RANK.store, workingDirectory: directory, environment: ovsEnvironment(directory),
    argv: ['ovsdb-server', join(directory, `${database}.db`), `--remote=punix:${socket}`, `--unixctl=${control}`, ...TO_OUR_LOG],
    // It has read all that was ever written, and would keep it: 200 MB where the database is 60 kB.
    afterStart: ['sh', '-c', COMPACT, 'sh', control],
    // A clustered database listens for its (future) fellow members.
    listens: port === undefined ? [] : [{ host: '127.0.0.1', port }],
    health: { kind: 'socket', path: socket },
  });
}

// A crash while the file is written must not leave half a database under the real name.
async function createDatabase(file: string, command: (file: string) => string[]): Promise<void> {
  if (existsSync(file)) return;
  rmSync(`${file}.new`, { force: true });
  await run(['ovsdb-tool', ...command(`${file}.new`)]);
  await run(['mv', `${file}.new`, file]);
}

async function isChassis(cloud: Cloud): Promise<boolean> {
  const { code, output } = await attempt(['ovn-sbctl', '--timeout=5', `--db=${southboundRemote(cloud)}`, '--bare', '--columns=name', 'find', 'Chassis', `name=${cloud.settings.host.name}`]);
  return code === 0 && output.trim() === cloud.settings.host.name;
}

function externalNetwork(cloud: Cloud, direction: 'up' | 'down'): string[] {
  const { externalNetwork: network, ports } = cloud.settings;
  // Guests reach metadata through their network's own proxy, which vouches for them, and never directly.
  const open = Object.entries(ports).filter(([name]) => name !== 'metadata').map(([, port]) => port);
  const script = join(CHECKOUT, 'deploy/host/external-network.sh');
  const prefix = network.cidr.split('/')[1] ?? '24';
  const yesOrNo = (flag: boolean) => (flag ? 'yes' : 'no');
  return [
    'sh', script, direction, EXTERNAL_BRIDGE, `${network.gateway}/${prefix}`, network.cidr,
    yesOrNo(network.reachesOutside), yesOrNo(network.reachesThisMachine), open.join(','), join(cloud.directories.run, 'forwarding'),
  ];
}

import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { agentPermissions } from '@virga/messaging';
import type { Cloud } from '../cloud.js';
import { digestOf, ownedDirectory, ownedFile } from '../files.js';
import { processSpec, RANK, type ProcessSpec } from '../process-spec.js';
import { secretOf } from '../secrets.js';
import { answers } from '../probe.js';
import { waitUntil } from '../wait.js';

const USER = 'rabbitmq';

/**
 * A RabbitMQ node of our own, with its own names server, cookie and directories.
 *
 * Theory of operation. Users and permissions are a definitions file that the node imports whenever it starts, before it
 * listens; it holds salted hashes only. So nothing has to be told to a running broker, and a broker that answers has
 * its users. A changed file changes the process's digest and restarts the node, whose durable queues keep their messages.
 */
export function prepareRabbit(cloud: Cloud): void {
  const { broker } = cloud.directories;
  for (const directory of ['', 'mnesia', 'log']) ownedDirectory(join(broker, directory), USER, 0o700);
  ownedFile(join(broker, '.erlang.cookie'), secretOf(cloud, 'broker-cookie'), USER, 0o400);
  ownedFile(join(broker, 'enabled_plugins'), '[].\n', USER, 0o600);
  ownedFile(join(broker, 'env.conf'), '# Ours, so that the one in /etc/rabbitmq is not read.\n', USER, 0o600);
  ownedFile(join(broker, 'definitions.json'), definitions(cloud), USER, 0o600);
  ownedFile(join(broker, 'rabbitmq.conf'), configuration(cloud), USER, 0o600);
}

export function rabbitProcesses(cloud: Cloud): ProcessSpec[] {
  const { broker } = cloud.directories;
  const { enginePorts } = cloud.settings;
  const host = '127.0.0.1';
  const names = { ERL_EPMD_PORT: String(enginePorts.brokerNames), ERL_EPMD_ADDRESS: host };
  const schedulers = Math.min(2, availableParallelism());
  return [
    processSpec({
      name: 'rabbitmq-names', rank: RANK.store, user: USER, workingDirectory: broker, environment: names,
      argv: ['epmd'], listens: [{ host, port: enginePorts.brokerNames }],
      health: { kind: 'tcp', host, port: enginePorts.brokerNames }, stopSeconds: 2,
    }),
    processSpec({
      name: 'rabbitmq', rank: RANK.engine, user: USER, workingDirectory: broker,
      argv: ['/usr/lib/rabbitmq/bin/rabbitmq-server'],
      environment: {
        ...names,
        ERL_FLAGS: '-start_epmd false', // ours may be a moment late; one that the node started itself would never end
        HOME: broker,
        RUNNING_UNDER_SYSTEMD: '1', // the script then becomes the node instead of watching over it
        RABBITMQ_CONF_ENV_FILE: join(broker, 'env.conf'),
        RABBITMQ_NODENAME: 'virga@localhost',
        RABBITMQ_CONFIG_FILE: join(broker, 'rabbitmq.conf'),
        RABBITMQ_MNESIA_BASE: join(broker, 'mnesia'),
        RABBITMQ_LOG_BASE: join(broker, 'log'),
        RABBITMQ_LOGS: '-',
        RABBITMQ_ENABLED_PLUGINS_FILE: join(broker, 'enabled_plugins'),
        RABBITMQ_DIST_PORT: String(enginePorts.brokerNodes),
        // Schedulers sleep instead of spinning; the distribution listens on loopback only.
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S ${schedulers}:${schedulers} +SDcpu 1:1 +SDio 2 +A 4 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}`,
      },
      stopSeconds: 30,
      listens: [{ host, port: enginePorts.broker }, { host, port: enginePorts.brokerNodes }],
      health: { kind: 'tcp', host, port: enginePorts.broker },
      build: digestOf(configuration(cloud), definitions(cloud)),
    }),
  ];
}

export async function settleRabbit(cloud: Cloud): Promise<string> {
  const { broker } = cloud.settings.enginePorts;
  await waitUntil('RabbitMQ accepts connections', 90, () => answers({ kind: 'tcp', host: '127.0.0.1', port: broker }));
  return `on port ${broker}`;
}

/** The agents of this host, and where the passwords of their broker users are. */
const AGENTS = { 'compute-agent': 'broker-agent-password', 'storage-agent': 'broker-storage-agent-password' } as const;
type Agent = keyof typeof AGENTS;

/** The broker as the services see it, and as each of this host's agents does. */
export const brokerUrl = (cloud: Cloud) => urlFor(cloud, 'virga', secretOf(cloud, 'broker-password'));
export const agentBrokerUrl = (cloud: Cloud, agent: Agent) => urlFor(cloud, agentUserOf(cloud, agent), secretOf(cloud, AGENTS[agent]));

const agentUserOf = (cloud: Cloud, agent: Agent) => `${agent}.${cloud.settings.host.name}`;

const urlFor = (cloud: Cloud, user: string, password: string) => `amqp://${user}:${password}@127.0.0.1:${cloud.settings.enginePorts.broker}/`;

function configuration(cloud: Cloud): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${cloud.settings.enginePorts.broker}`,
    `load_definitions = ${join(cloud.directories.broker, 'definitions.json')}`,
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    'loopback_users = none',
    'channel_max = 64',
    // Publishers are held back above this; the broker shares the machine with guests.
    'vm_memory_high_watermark.absolute = 512MiB',
    'disk_free_limit.absolute = 512MB',
    'collect_statistics_interval = 60000',
    // All quorum queues share one log, which is also kept in memory up to this size (its own default is 512 MB).
    'raft.wal_max_size_bytes = 16777216',
    '',
  ].join('\n');
}

/** RabbitMQ's own format: who may do what in the one virtual host. */
function definitions(cloud: Cloud): string {
  const agents = (Object.keys(AGENTS) as Agent[]).map((agent) => {
    const { topics, ...rights } = agentPermissions({ host: cloud.settings.host.name, agent });
    return { user: agentUserOf(cloud, agent), password: secretOf(cloud, AGENTS[agent]), rights, topics };
  });
  const file = join(cloud.directories.broker, 'definitions.json');
  const user = (name: string, password: string) => ({ name, password_hash: keptHash(file, name, password), hashing_algorithm: 'rabbit_password_hashing_sha256', tags: '' });
  return `${JSON.stringify({
    vhosts: [{ name: '/' }],
    users: [user('virga', secretOf(cloud, 'broker-password')), ...agents.map((agent) => user(agent.user, agent.password))],
    permissions: [
      { user: 'virga', vhost: '/', configure: '.*', write: '.*', read: '.*' },
      ...agents.map((agent) => ({ user: agent.user, vhost: '/', ...agent.rights })),
    ],
    topic_permissions: agents.flatMap(({ user: name, topics }) => topics.map((topic) => ({ user: name, vhost: '/', ...topic }))),
  }, undefined, 1)}\n`;
}

/** Salted SHA-256 as the broker stores it; the salt already in the file is used again, so that the file stays as it is. */
function keptHash(file: string, name: string, password: string): string {
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { users: { name: string; password_hash: string }[] }).users : [];
  const kept = before.find((user) => user.name === name)?.password_hash;
  const salt = kept === undefined ? randomBytes(4) : Buffer.from(kept, 'base64').subarray(0, 4);
  return Buffer.concat([salt, createHash('sha256').update(salt).update(password).digest()]).toString('base64');
}

import { spawn } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { raise } from '@virga/kernel';
import { ensurePackages } from './debian.js';
import { exclusively, isAlive, readOrEmpty } from './exclusive.js';
import { checkoutTag } from './places.js';
import { type Account, daemonAccount, freePort } from './run.js';

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** The node's only user; the node listens on loopback alone. */
export const BROKER_USER = 'virga';
export const BROKER_PASSWORD = 'virga';

/** A running RabbitMQ node of the tests' own: its processes and ports. */
export interface RabbitNode {
  processId: number;
  portMapperProcessId: number;
  amqpPort: number;
  managementPort: number;
  distributionPort: number;
  epmdPort: number;
}

/**
 * Starts the node in `directory`, afresh and empty; one that runs already is used as it is.
 *
 * It listens on loopback only, has its own name, cookie and port mapper (epmd), and one scheduler: several checkouts can
 * run their own beside each other, and beside the machine's.
 */
export async function startRabbit(directory: string): Promise<RabbitNode> {
  await ensurePackages(['rabbitmq-server'], SERVER);
  return exclusively(directory, 'start', async () => {
    const running = readNode(directory);
    if (running !== undefined && isAlive(running.processId)) return running;
    const launched = await launch(directory);
    await untilReady(launched, directory);
    writeFileSync(join(directory, 'node.json'), JSON.stringify(launched));
    return launched;
  });
}

/** Stops the node and its port mapper; what is connected loses its connection. */
export async function stopRabbit(directory: string): Promise<void> {
  const node = readNode(directory);
  if (node === undefined) return;
  // Nothing in it is kept, so there is no need for the seconds that a graceful end takes.
  if (isAlive(node.processId)) process.kill(node.processId, 'SIGKILL');
  while (isAlive(node.processId)) await pause(50);
  if (isAlive(node.portMapperProcessId)) process.kill(node.portMapperProcessId, 'SIGKILL');
  rmSync(join(directory, 'node.json'));
}

/** Kills the node as a crash would: at once, with its data left on disk; the port mapper stays. */
export async function killRabbit(directory: string): Promise<void> {
  const { processId } = readNode(directory) ?? raise(new Error(`No RabbitMQ was started in ${directory}.`));
  process.kill(processId, 'SIGKILL');
  while (isAlive(processId)) await pause(50);
}

/** Starts a killed node again, on the same ports and with the data that it left. */
export async function reviveRabbit(directory: string): Promise<RabbitNode> {
  const dead = readNode(directory) ?? raise(new Error(`No RabbitMQ was started in ${directory}.`));
  const revived = { ...dead, processId: begin(SERVER, directory, dead) };
  await untilReady(revived, directory);
  writeFileSync(join(directory, 'node.json'), JSON.stringify(revived));
  return revived;
}

/** Asks the node's management API; throws on any answer but success, except 404 on DELETE. */
export async function manageRabbit(node: RabbitNode, method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${node.managementPort}/api/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${BROKER_USER}:${BROKER_PASSWORD}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok && !(method === 'DELETE' && answer.status === 404)) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

function readNode(directory: string): RabbitNode | undefined {
  const text = readOrEmpty(join(directory, 'node.json'));
  return text === '' ? undefined : JSON.parse(text) as RabbitNode;
}

async function launch(directory: string): Promise<RabbitNode> {
  const as = daemonAccount('rabbitmq');
  const [amqpPort, managementPort, distributionPort, epmdPort] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports = { amqpPort, managementPort, distributionPort, epmdPort };
  layOut(directory, ports, as);
  return { portMapperProcessId: begin('epmd', directory, ports), processId: begin(SERVER, directory, ports), ...ports };
}

function begin(program: string, directory: string, ports: Ports): number {
  const output = openSync(join(directory, 'output'), 'a');
  const env = { ...process.env, ...environment(directory, ports) };
  const child = spawn(program, { detached: true, stdio: ['ignore', output, output], env, cwd: directory, ...daemonAccount('rabbitmq') });
  closeSync(output);
  child.unref();
  return child.pid ?? raise(new Error(`${program} could not be started.`));
}

type Ports = Omit<RabbitNode, 'processId' | 'portMapperProcessId'>;

function layOut(directory: string, { managementPort }: Ports, as: Account | undefined): void {
  rmSync(join(directory, 'mnesia'), { recursive: true, force: true });
  const directories = ['', 'mnesia', 'log'].map((name) => join(directory, name));
  directories.forEach((path) => mkdirSync(path, { recursive: true }));
  writeFileSync(join(directory, 'enabled_plugins'), '[rabbitmq_management].\n');
  writeFileSync(join(directory, 'rabbitmq.conf'), [
    `default_user = ${BROKER_USER}`, `default_pass = ${BROKER_PASSWORD}`,
    'management.tcp.ip = 127.0.0.1', `management.tcp.port = ${managementPort}`, 'management.rates_mode = none',
    // A full disk is not what these tests are about.
    'disk_free_limit.absolute = 1MB', '',
  ].join('\n'));
  if (as === undefined) return;
  [...directories, ...['enabled_plugins', 'rabbitmq.conf'].map((name) => join(directory, name))].forEach((path) => chownSync(path, as.uid, as.gid));
}

function environment(directory: string, { amqpPort, distributionPort, epmdPort }: Ports): Record<string, string> {
  const file = (name: string): string => join(directory, name);
  return {
    HOME: directory,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `virga_test_${checkoutTag()}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqpPort),
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: file('mnesia'),
    RABBITMQ_LOG_BASE: file('log'),
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
    RABBITMQ_CONF_ENV_FILE: file('none'),
    RABBITMQ_ADVANCED_CONFIG_FILE: file('none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}',
    // Makes the start script become the Erlang machine, so that its process id is the node's.
    detached: 'true',
  };
}

async function untilReady(node: RabbitNode, directory: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (!isAlive(node.processId)) break;
    if (await manageRabbit(node, 'GET', 'health/checks/virtual-hosts').then(() => true, () => false)) return;
    await pause(100);
  }
  throw new Error(`RabbitMQ did not start; see ${directory}: ${readOrEmpty(join(directory, 'output')).slice(-2000)}`);
}


import { Invalid } from '@virga/kernel';
import type { Channel } from 'amqplib';

/**
 * Every exchange and queue that exists, by name.
 *
 * - `virga.wake`: hints, at most once, to a queue of each process that vanishes with it.
 * - `host.<host>.<agent>`: commands (and calls) to one agent. Commands carry an expiration: what an agent has not taken
 *   by then, the operation behind it asks for again, and one that kills its agent does not do so for ever.
 * - `calls.<service>`: questions, shared by the service's replicas, not persistent: a question carries its
 *   deadline as expiration, which also bounds how often it can be delivered, and its asker asks again.
 * - `reply.<random>`: answers to one process, bound to `virga.replies` under the same name. Not RabbitMQ's direct reply-to:
 *   answering there takes permission on the default exchange, with which an agent could command other hosts.
 * - `virga.reports` → `reports.<agent>`: facts from agents. The routing key is `<agent>.<host>`, and the broker lets each
 *   agent publish only its own, so the host in it can be believed.
 * - `virga.events` → `events.<service>`: what happened, at least once, to each service that subscribed.
 * - `virga.dead` → `dead`: what was given up; somebody has to look. What merely expired is not among it.
 *
 * Durable queues do not name their type, so that the virtual host's default decides: classic on one node, quorum in a
 * cluster. Not quorum on one node: with the RabbitMQ of Debian 12 (3.10), a node that was killed within seconds of
 * declaring a quorum queue never serves that queue again, while classic queues came back with every confirmed message.
 * Latency and memory are alike. Classic queues do not count deliveries, so consumers do (`consumer.ts`).
 */
export const exchanges = {
  wake: 'virga.wake', reports: 'virga.reports', replies: 'virga.replies', events: 'virga.events', dead: 'virga.dead',
} as const;

export const DEAD_LETTERS = 'dead';

/** An agent program on one host, for example `compute-agent` on `node-1`. */
export interface AgentAddress {
  host: string;
  agent: string;
}

export const commandQueue = ({ host, agent }: AgentAddress): string => `host.${host}.${agent}`;
export const callQueue = (service: string): string => `calls.${service}`;
export const reportQueue = (agent: string): string => `reports.${agent}`;
export const eventQueue = (service: string): string => `events.${service}`;
export const reportKey = ({ host, agent }: AgentAddress): string => `${agent}.${host}`;

/** The host that a report came from, as the broker vouches for it. */
export const hostOfReport = (agent: string, routingKey: string): string => routingKey.slice(agent.length + 1);

const DURABLE_WORK = { durable: true, arguments: { 'x-dead-letter-exchange': exchanges.dead } };

/** The oldest dead letters make room: the list is for people, and a broker full of it would stop everything else. */
const DEAD_LETTER_QUEUE = { durable: true, arguments: { 'x-max-length': 10_000 } };

/** Declares what all services share; every service does so first on every connection, agents never. */
export async function declareShared(channel: Channel): Promise<void> {
  await channel.assertExchange(exchanges.wake, 'topic', { durable: true });
  await channel.assertExchange(exchanges.reports, 'topic', { durable: true });
  await channel.assertExchange(exchanges.replies, 'direct', { durable: true });
  await channel.assertExchange(exchanges.events, 'topic', { durable: true });
  await channel.assertExchange(exchanges.dead, 'headers', { durable: true });
  await channel.assertQueue(DEAD_LETTERS, DEAD_LETTER_QUEUE);
  // Expired commands have a reason of their own ('expired') and match nothing.
  for (const reason of ['rejected', 'delivery_limit']) {
    await channel.bindQueue(DEAD_LETTERS, exchanges.dead, '', { 'x-match': 'all-with-x', 'x-first-death-reason': reason });
  }
}

/** Both ways of one agent, so that neither its commands nor its reports fall into a void; expects the shared exchanges. */
export async function declareAgent(channel: Channel, address: AgentAddress): Promise<void> {
  await channel.assertQueue(commandQueue(requireAddress(address)), DURABLE_WORK);
  await declareReports(channel, address.agent);
}

export async function declareReports(channel: Channel, agent: string): Promise<string> {
  const { queue } = await channel.assertQueue(reportQueue(agent), DURABLE_WORK);
  await channel.bindQueue(queue, exchanges.reports, `${agent}.#`);
  return queue;
}

export async function declareEvents(channel: Channel, service: string, types: readonly string[]): Promise<string> {
  const { queue } = await channel.assertQueue(eventQueue(service), DURABLE_WORK);
  for (const type of types) await channel.bindQueue(queue, exchanges.events, type);
  return queue;
}

export async function declareCalls(channel: Channel, service: string): Promise<string> {
  const { queue } = await channel.assertQueue(callQueue(service), { durable: true });
  return queue;
}

/** A queue of this connection alone; it vanishes with it. */
export async function declarePrivate(channel: Channel, exchange: string, keys: readonly string[], name = ''): Promise<string> {
  const { queue } = await channel.assertQueue(name, { durable: false, exclusive: true, autoDelete: true });
  for (const key of keys) await channel.bindQueue(queue, exchange, key);
  return queue;
}

/** What `rabbitmqctl set_permissions` and `set_topic_permissions` are given for one agent's broker user. */
export interface BrokerPermissions {
  configure: string;
  write: string;
  read: string;
  topics: { exchange: string; write: string; read: string }[];
}

/** An agent may read its own queue, and publish its own reports and its answers; it can declare nothing. */
export function agentPermissions(address: AgentAddress): BrokerPermissions {
  const { host, agent } = requireAddress(address);
  const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return {
    configure: '^$',
    write: String.raw`^virga\.(reports|replies)$`,
    read: `^${literally(commandQueue({ host, agent }))}$`,
    topics: [{ exchange: exchanges.reports, write: `^${literally(reportKey({ host, agent }))}$`, read: '^$' }],
  };
}

const HOST = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;
const AGENT = /^[a-z][a-z-]*$/;

function requireAddress(address: AgentAddress): AgentAddress {
  if (HOST.test(address.host) && AGENT.test(address.agent)) return address;
  throw new Invalid('messaging.agent-address', `'${address.agent}' on '${address.host}' is not an agent on a host.`);
}

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { testState } from './infrastructure/places.js';
import { BROKER_PASSWORD, BROKER_USER, manageRabbit, startRabbit } from './infrastructure/rabbitmq.js';
import { CuttablePort } from './cuttable-port.js';
import { standIn } from './use-database.js';

/** A part of the tests' RabbitMQ that belongs to one test file: an own virtual host. */
export interface TestBroker {
  /** For amqplib. */
  readonly url: string;
  readonly virtualHost: string;
  /** The port in the URLs: drop, cut and restore what the test's own connections run over. */
  readonly port: CuttablePort;
  /** Another user's URL; the patterns say which names it may configure, write to and read from. */
  addUser(permissions: { configure: string; write: string; read: string }): Promise<string>;
  /** Asks the management API: `manage('GET', 'queues/' + encodeURIComponent(virtualHost))`. */
  manage(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  remove(): Promise<void>;
}

/** Gives the test file a virtual host of its own, made before its tests and removed after them; call it inside `describe`. */
export function useBroker(): TestBroker {
  let made: TestBroker | undefined;
  beforeAll(async () => {
    made = await createBroker();
  }, 180_000);
  afterAll(() => made?.remove());
  return standIn(() => {
    if (made === undefined) throw new Error('The broker exists only while tests run.');
    return made;
  });
}

/** Makes a virtual host; starts RabbitMQ where it does not run yet. */
export async function createBroker(): Promise<TestBroker> {
  const node = await startRabbit(join(testState(), 'rabbitmq'));
  const virtualHost = `test-${process.pid}-${randomUUID().slice(0, 8)}`;
  const manage: TestBroker['manage'] = (...request) => manageRabbit(node, ...request);
  await manage('PUT', `vhosts/${virtualHost}`);
  await manage('PUT', `permissions/${virtualHost}/${BROKER_USER}`, { configure: '.*', write: '.*', read: '.*' });
  const port = await CuttablePort.to(node.amqpPort);
  const users: string[] = [];
  return {
    url: urlOf(port, virtualHost, BROKER_USER, BROKER_PASSWORD),
    virtualHost,
    port,
    manage,
    async addUser(permissions) {
      const [name, password] = [`user-${randomUUID()}`, randomUUID()];
      await manage('PUT', `users/${name}`, { password, tags: '' });
      users.push(name);
      await manage('PUT', `permissions/${virtualHost}/${name}`, permissions);
      return urlOf(port, virtualHost, name, password);
    },
    async remove() {
      await port.close();
      await manage('DELETE', `vhosts/${virtualHost}`);
      for (const name of users) await manage('DELETE', `users/${name}`);
    },
  };
}

function urlOf(port: CuttablePort, virtualHost: string, user: string, password: string): string {
  return `amqp://${user}:${password}@127.0.0.1:${port.number}/${virtualHost}`;
}

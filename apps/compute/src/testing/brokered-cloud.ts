import type { CallContract, MessageContract } from '@virga/contract';
import {
  commandFailed, consoleOutput, ensureDisk, ensureDiskSize, ensureGuest, ensureNic, ensureNoDisk, ensureNoGuest, ensureNoNic, ensurePower, guestReport, hostReport,
} from '@virga/contracts-compute';
import { describeImage } from '@virga/contracts-image';
import { describePorts, ensurePorts, listServerPorts, releasePorts, resolveNics, serverNicChanged } from '@virga/contracts-network';
import { AgentBus, answer, exchanges, on, seal, ServiceBus, type Answerer } from '@virga/messaging';
import { silentLogger } from '@virga/observability';
import { COMPUTE_AGENT } from '../hosts/index.js';
import { STORAGE_CALLS } from './simulated-block-storage.js';
import type { SimulatedCloud } from './simulated-cloud.js';

const NETWORK_CALLS: readonly CallContract[] = [resolveNics, ensurePorts, releasePorts, describePorts, listServerPorts];
const COMMANDS: readonly MessageContract[] = [ensureGuest, ensurePower, ensureNoGuest, ensureNic, ensureNoNic, ensureDisk, ensureNoDisk, ensureDiskSize];
const ABOUT = new Set<MessageContract>([guestReport, commandFailed]);

/** Connects a simulated cloud to a real broker: an agent for each host, and services that answer for network and images. */
export class BrokeredCloud {
  private readonly agents: AgentBus[] = [];
  private readonly network: ServiceBus;
  private readonly image: ServiceBus;
  private readonly storage: ServiceBus;

  constructor(private readonly cloud: SimulatedCloud, private readonly url: string) {
    this.network = new ServiceBus({ service: 'network', url, logger: silentLogger });
    this.image = new ServiceBus({ service: 'image', url, logger: silentLogger });
    this.storage = new ServiceBus({ service: 'block-storage', url, logger: silentLogger });
  }

  async start(): Promise<void> {
    this.network.answer(NETWORK_CALLS.map((contract) => this.answering(contract)));
    this.image.answer([this.answering(describeImage)]);
    this.storage.answer(STORAGE_CALLS.map((contract) => answer(contract, async (request) => this.work(this.cloud.answer(contract, request, undefined)))));
    await Promise.all([this.network.start(), this.image.start(), this.storage.start()]);
    for (const { name } of this.cloud.hosts.values()) await this.startAgent(name);
  }

  async stop(): Promise<void> {
    const patience = AbortSignal.timeout(5_000);
    await Promise.all([...this.agents, this.network, this.image, this.storage].map((bus) => bus.close(patience)));
  }

  private async startAgent(host: string): Promise<void> {
    const address = { host, agent: COMPUTE_AGENT };
    await this.network.declareAgent(address);
    const bus = new AgentBus({ ...address, url: this.url, logger: silentLogger });
    this.agents.push(bus);
    bus.obey({
      commands: COMMANDS.map((contract) => on(contract, async (body) => {
        this.cloud.obey(host, contract.type, body);
        this.report(host, bus);
        this.publishEvents();
      })),
      answers: [this.answering(consoleOutput, host)],
      inOrderOf: ({ body }) => (body as { id: string }).id,
    });
    await bus.start();
    this.report(host, bus);
  }

  /** What a host has to say goes through its agent's reporter, which numbers it. */
  private report(host: string, { reporter }: AgentBus): void {
    for (const { contract, body } of this.cloud.host(host).reports.splice(0)) {
      const about = contract === hostReport || !ABOUT.has(contract) ? host : (body as { id: string }).id;
      reporter.report(contract, about, body);
    }
  }

  private publishEvents(): void {
    for (const body of this.cloud.network.events.splice(0)) {
      void this.network.publisher.publish({ exchange: exchanges.events, key: serverNicChanged.type }, seal(serverNicChanged, body, 0)).catch(() => undefined);
    }
  }

  /** Block storage goes on with its work after each answer, and tells of it. */
  private work<Reply>(reply: Reply): Reply {
    const said = structuredClone(reply);
    setImmediate(() => {
      this.cloud.storage.work();
      for (const { contract, body } of this.cloud.storage.events.splice(0)) {
        void this.storage.publisher.publish({ exchange: exchanges.events, key: contract.type }, seal(contract, body as never, 0)).catch(() => undefined);
      }
    });
    return said;
  }

  private answering(contract: CallContract, host?: string): Answerer {
    return answer(contract, async (request) => this.cloud.answer(contract, request, host));
  }
}

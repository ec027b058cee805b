import type { CallContract, MessageContract } from '@virga/contract';
import {
  copyVolume, ensureExport, ensureNoExport, ensureNoSnapshot, ensureNoVolume, ensureReverted, ensureSnapshots, ensureVolume, ensureVolumeSize, removeBackup,
  restoreBackup, storageReport, uploadVolume, writeBackup,
} from '@virga/contracts-block-storage';
import { describeImage } from '@virga/contracts-image';
import { AgentBus, answer, on, ServiceBus, type Answerer } from '@virga/messaging';
import { silentLogger } from '@virga/observability';
import { STORAGE_AGENT } from '../backends/index.js';
import type { SimulatedSurroundings } from './simulated-surroundings.js';

const COMMANDS: readonly MessageContract[] = [
  ensureVolume, ensureVolumeSize, ensureNoVolume, ensureSnapshots, ensureNoSnapshot, ensureReverted, ensureExport, ensureNoExport, uploadVolume, writeBackup,
  restoreBackup, removeBackup, copyVolume,
];

/** Connects simulated surroundings to a real broker: an agent for each storage host, and a service that answers for images. */
export class BrokeredSurroundings {
  private readonly agents: AgentBus[] = [];
  private readonly image: ServiceBus;

  constructor(private readonly cloud: SimulatedSurroundings, private readonly url: string) {
    this.image = new ServiceBus({ service: 'image', url, logger: silentLogger });
  }

  async start(): Promise<void> {
    this.image.answer([this.answering(describeImage)]);
    await this.image.start();
    for (const { name } of this.cloud.hosts.values()) await this.startAgent(name);
  }

  async stop(): Promise<void> {
    const patience = AbortSignal.timeout(5_000);
    await Promise.all([...this.agents, this.image].map((bus) => bus.close(patience)));
  }

  private async startAgent(host: string): Promise<void> {
    const address = { host, agent: STORAGE_AGENT };
    await this.image.declareAgent(address);
    const bus = new AgentBus({ ...address, url: this.url, logger: silentLogger });
    this.agents.push(bus);
    bus.obey({
      commands: COMMANDS.map((contract) => on(contract, async (body) => {
        await this.cloud.obey(host, contract.type, body);
        this.report(host, bus);
      })),
      inOrderOf: ({ body }) => (body as { id?: string }).id,
    });
    await bus.start();
    this.report(host, bus);
  }

  /** What a host has to say goes through its agent's reporter, which numbers it. */
  private report(host: string, { reporter }: AgentBus): void {
    for (const { contract, body } of this.cloud.host(host).reports.splice(0)) {
      const { id, attachmentId, taskId } = body as { id?: string; attachmentId?: string; taskId?: string };
      reporter.report(contract, contract === storageReport ? host : id ?? attachmentId ?? taskId ?? host, body);
    }
  }

  private answering(contract: CallContract): Answerer {
    return answer(contract, async (request) => this.cloud.answer(contract, request));
  }
}

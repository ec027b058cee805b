import { systemClock, type Clock } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import { Answers, isCall } from './answers.js';
import { Broker } from './broker.js';
import { Consumer, type Arrival } from './consumer.js';
import type { Envelope } from './envelope.js';
import { Directory, type Answerer, type Handler } from './handlers.js';
import type { Link } from './link.js';
import { Publisher } from './publisher.js';
import { Reporter } from './reporter.js';
import type { MessageTap } from './tap.js';
import { commandQueue, type AgentAddress } from './topology.js';
import { delivery } from './deliveries.js';

export interface AgentBusOptions extends AgentAddress {
  url: string;
  logger: Logger;
  clock?: Clock;
  tap?: MessageTap;
}

export interface Obedience {
  commands: readonly Handler[];
  answers?: readonly Answerer[];
  /** Commands and calls worked on at once; 32 unless told. */
  concurrency?: number;
  /** Commands with the same answer (a guest's id) are carried out one after the other. */
  inOrderOf?: (command: Envelope) => string | undefined;
}

/** The bus as an agent sees it: commands and calls come from its one queue, reports and answers go out. It declares nothing. */
export class AgentBus {
  readonly broker: Broker;
  readonly reporter: Reporter;
  private readonly publisher: Publisher;
  private readonly clock: Clock;
  private readonly consumers: Consumer[] = [];
  private link: Link | undefined;

  constructor(private readonly options: AgentBusOptions) {
    this.clock = options.clock ?? systemClock;
    this.broker = new Broker({ url: options.url, name: `${options.agent} ${options.host}`, logger: options.logger });
    this.publisher = new Publisher(this.broker, options.tap);
    this.reporter = new Reporter(this.broker, this.publisher, options, this.clock);
  }

  /** Connects in the background; never fails. */
  start(): Promise<void> {
    return this.broker.start();
  }

  /** Begins to take commands. A command is acknowledged after its handler is done, so it is carried out at least once. */
  obey({ commands, answers = [], concurrency = 32, inOrderOf }: Obedience): void {
    const directory = new Directory(commands);
    const answering = new Answers(new Directory(answers), this.publisher, this.clock, this.options.logger);
    const queue = commandQueue(this.options);
    const consumer = new Consumer({
      name: queue, logger: this.options.logger, concurrency,
      ...(inOrderOf && { inOrderOf: (arrival: Arrival) => (isCall(arrival) ? undefined : inOrderOf(arrival.envelope)) }),
      handle: (arrival) => (isCall(arrival) ? answering.handle(arrival) : directory.get(arrival.envelope).run(arrival.envelope.body, delivery(arrival))),
    });
    this.consumers.push(consumer);
    this.link = this.broker.link({ name: queue, open: (channel) => consumer.consume(channel, queue), lost: () => consumer.lost() });
  }

  /** Resolves when commands can arrive, or when the signal aborts; for tests. */
  async untilConsuming(signal: AbortSignal): Promise<void> {
    await this.link?.untilOpen(signal);
  }

  /** Finishes the commands at hand, as long as the signal allows, sends the last reports, and disconnects. */
  async close(signal: AbortSignal): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.stop(signal)));
    await this.reporter.close();
    await this.broker.close();
  }
}

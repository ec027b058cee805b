import { systemClock, type Clock } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import { Answers } from './answers.js';
import { Broker, BrokerUnavailable } from './broker.js';
import { Calls } from './calls.js';
import { Consumer, type Arrival } from './consumer.js';
import type { ConfirmChannel } from 'amqplib';
import { delivery, reportDelivery } from './deliveries.js';
import { Directory, type Answerer, type Handler, type ReportDelivery } from './handlers.js';
import type { Link } from './link.js';
import { Publisher } from './publisher.js';
import type { MessageTap } from './tap.js';
import { DEAD_LETTERS, declareAgent, declareCalls, declareEvents, declareReports, declareShared, type AgentAddress } from './topology.js';
import { WakeUps } from './wake-ups.js';

export interface ServiceBusOptions {
  /** Names the service's queues; its replicas share them. */
  service: string;
  url: string;
  logger: Logger;
  clock?: Clock;
  tap?: MessageTap;
}

export interface ConsumeOptions {
  /** Messages worked on at once by this process; 16 unless told. */
  concurrency?: number;
}

/** The bus as a service sees it. Everything works, or waits, without a broker. */
export class ServiceBus {
  readonly broker: Broker;
  readonly publisher: Publisher;
  readonly calls: Calls;
  readonly wakeUps: WakeUps;
  private readonly clock: Clock;
  private readonly consumers: Consumer[] = [];
  private readonly admin: Link;

  constructor(private readonly options: ServiceBusOptions) {
    this.clock = options.clock ?? systemClock;
    this.broker = new Broker({ url: options.url, name: `${options.service} ${process.pid}`, logger: options.logger });
    this.publisher = new Publisher(this.broker, { declares: true, ...(options.tap && { tap: options.tap }) });
    this.calls = new Calls(this.broker, this.publisher, this.clock, options.tap);
    this.wakeUps = new WakeUps(this.broker, this.publisher, this.clock);
    this.admin = this.broker.link({ name: 'topology', open: declareShared });
  }

  /** Connects in the background; never fails. */
  start(): Promise<void> {
    return this.broker.start();
  }

  /** Answers calls, side by side with the service's other replicas. */
  answer(answerers: readonly Answerer[], { concurrency = 16 }: ConsumeOptions = {}): void {
    const answers = new Answers(new Directory(answerers), this.publisher, this.clock, this.options.logger);
    this.consume('calls', concurrency, (channel) => declareCalls(channel, this.options.service), (arrival) => answers.handle(arrival));
  }

  /** Takes the events that the handlers name; each event goes to one replica of each service, at least once. */
  onEvents(handlers: readonly Handler[], { concurrency = 16 }: ConsumeOptions = {}): void {
    const directory = new Directory(handlers);
    this.consume('events', concurrency, (channel) => declareEvents(channel, this.options.service, directory.types), (arrival) =>
      directory.get(arrival.envelope).run(arrival.envelope.body, delivery(arrival)));
  }

  /** Takes the reports of all agents of one program, `compute-agent`; apply one only if its sequence is higher than the last. */
  onReports(agent: string, handlers: readonly Handler<ReportDelivery>[], { concurrency = 16 }: ConsumeOptions = {}): void {
    const directory = new Directory(handlers);
    this.consume(`reports of ${agent}`, concurrency, (channel) => declareReports(channel, agent), (arrival) =>
      directory.get(arrival.envelope).run(arrival.envelope.body, reportDelivery(agent, arrival)));
  }

  /** Makes the queue of an agent that is about to join, which it cannot do itself; throws `BrokerUnavailable`. */
  async declareAgent(address: AgentAddress): Promise<void> {
    await declareAgent(await this.requireChannel(), address);
  }

  /** How many messages nobody could handle; more than none means that somebody has to look. */
  async deadLetters(): Promise<number> {
    const channel = await this.requireChannel();
    return (await channel.checkQueue(DEAD_LETTERS)).messageCount;
  }

  /** Takes no more messages and finishes those at hand, as long as the signal allows; publishing still works. */
  async stopConsuming(signal: AbortSignal): Promise<void> {
    await Promise.all(this.consumers.splice(0).map((consumer) => consumer.stop(signal)));
  }

  /** Stops consuming and disconnects. */
  async close(signal: AbortSignal): Promise<void> {
    await this.stopConsuming(signal);
    await this.calls.close();
    await this.broker.close();
  }

  private consume(
    name: string, concurrency: number, declare: (channel: ConfirmChannel) => Promise<string>, handle: (arrival: Arrival) => Promise<void>,
  ): void {
    const consumer = new Consumer({ name, logger: this.options.logger, concurrency, handle });
    this.consumers.push(consumer);
    this.broker.link({
      name,
      open: async (channel) => {
        await declareShared(channel);
        await consumer.consume(channel, await declare(channel));
      },
      lost: () => consumer.lost(),
    });
  }

  private async requireChannel(): Promise<ConfirmChannel> {
    await this.admin.untilOpen(AbortSignal.timeout(5_000));
    const { channel } = this.admin;
    if (channel === undefined) throw new BrokerUnavailable({ cause: this.broker.reason });
    return channel;
  }
}

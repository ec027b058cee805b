import { systemClock, type Clock } from '@virga/kernel';
import type { Logger } from '@virga/observability';
import { Answers } from './answers.js';
import { Broker, BrokerUnavailable } from './broker.js';
import { Calls } from './calls.js';
import { Consumer, type Arrival } from './consumer.js';
import type { Channel, ConfirmChannel } from 'amqplib';
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
  private readonly consuming: Link[] = [];
  private readonly admin: Link;

  private events: Directory<Handler> | undefined;

  constructor(private readonly options: ServiceBusOptions) {
    this.clock = options.clock ?? systemClock;
    this.broker = new Broker({ url: options.url, name: `${options.service} ${process.pid}`, logger: options.logger, prepare: declareShared });
    this.publisher = new Publisher(this.broker, options.tap);
    this.calls = new Calls(this.broker, this.publisher, this.clock, options.tap);
    this.wakeUps = new WakeUps(this.broker, this.publisher, this.clock);
    this.admin = this.broker.link({ name: 'topology', open: async () => undefined });
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

  /**
   * Takes the events that the handlers name; each event goes to one replica of each service, at least once. Slices name theirs
   * one after the other, before the bus starts: there is one queue, and one consumer for it.
   */
  onEvents(handlers: readonly Handler[], { concurrency = 16 }: ConsumeOptions = {}): void {
    if (this.events !== undefined) return this.events.add(handlers);
    const directory = new Directory(handlers);
    this.events = directory;
    this.consume('events', concurrency, (channel) => declareEvents(channel, this.options.service, directory.types), (arrival) =>
      directory.get(arrival.envelope).run(arrival.envelope.body, delivery(arrival)));
  }

  /**
   * Takes the reports of all agents of one program, `compute-agent`; apply one only if its sequence is higher than the last.
   *
   * Whoever reports gets its command queue, which it may not make itself: new hosts join that way, and a broker that has
   * lost its disk is as before after one round of reports.
   */
  onReports(agent: string, handlers: readonly Handler<ReportDelivery>[], { concurrency = 16 }: ConsumeOptions = {}): void {
    const directory = new Directory(handlers);
    let channel: Channel | undefined;
    let served = new Map<string, Promise<void>>();
    const open = (fresh: Channel): Promise<string> => {
      [channel, served] = [fresh, new Map()];
      return declareReports(fresh, agent);
    };
    const serve = (host: string): Promise<void> => {
      const known = served.get(host) ?? (channel === undefined ? Promise.resolve() : declareAgent(channel, { host, agent }));
      served.set(host, known);
      return known;
    };
    this.consume(`reports of ${agent}`, concurrency, open, async (arrival) => {
      const report = reportDelivery(agent, arrival);
      await serve(report.host);
      await directory.get(arrival.envelope).run(arrival.envelope.body, report);
    });
  }

  /** Makes the queue of an agent that has not reported yet; throws `BrokerUnavailable`. */
  async declareAgent(address: AgentAddress): Promise<void> {
    await declareAgent(await this.requireChannel(), address);
  }

  /** How many messages nobody could handle; more than none means that somebody has to look. */
  async deadLetters(): Promise<number> {
    const channel = await this.requireChannel();
    return (await channel.checkQueue(DEAD_LETTERS)).messageCount;
  }

  /** Resolves when every queue is being read, or when the signal aborts; for tests. */
  async untilConsuming(signal: AbortSignal): Promise<void> {
    await Promise.all(this.consuming.map((link) => link.untilOpen(signal)));
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
    const link = this.broker.link({
      name,
      open: async (channel) => consumer.consume(channel, await declare(channel)),
      lost: () => consumer.lost(),
    });
    this.consuming.push(link);
  }

  private async requireChannel(): Promise<ConfirmChannel> {
    await this.admin.untilOpen(AbortSignal.timeout(5_000));
    const { channel } = this.admin;
    if (channel === undefined) throw new BrokerUnavailable({ cause: this.broker.reason });
    return channel;
  }
}

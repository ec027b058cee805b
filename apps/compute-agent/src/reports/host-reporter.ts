import { loadavg, uptime } from 'node:os';
import type { MessageBody } from '@virga/contract';
import { commandFailed, guestReport, hostReport } from '@virga/contracts-compute';
import { Loop, seconds } from '@virga/kernel';
import type { Reporter } from '@virga/messaging';
import type { Logger } from '@virga/observability';
import type { GuestReport, Hypervisor } from '@virga/ports';

/**
 * How often the host says that it lives, what it has and which guests it holds.
 *
 * Too low: work for nothing on both sides. Too high: compute takes a dead host for a living one for longer; it gives up
 * on a host after six silent intervals.
 */
const HEARTBEAT = seconds(10);
const RETRY = seconds(2);

type Failure = MessageBody<typeof commandFailed>;

interface Parts {
  host: string;
  availabilityZone: string;
  version: string;
  hypervisor: Hypervisor;
  reporter: Reporter;
  logger: Logger;
}

/**
 * Tells compute what is so on this host: guests as they change, and everything at once every heartbeat, so that a lost
 * report is made good. Reports are facts with sequence numbers; compute applies only what is newer.
 */
export class HostReporter {
  private readonly heartbeat: Loop;
  private readonly watching: Loop;
  private lastSeenAt: number | undefined;

  constructor(private readonly parts: Parts) {
    const { logger } = parts;
    this.heartbeat = new Loop({ rest: HEARTBEAT, turn: (signal) => this.reportHost(signal), failed: (error) => logger.warn('host not reported', { error }) });
    this.watching = new Loop({ rest: RETRY, turn: (signal) => this.watch(signal), failed: (error) => logger.warn('guests not watched', { error }) });
  }

  start(): void {
    this.heartbeat.start();
    this.watching.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.heartbeat.stop(), this.watching.stop()]);
  }

  /** When the hypervisor was last observed, for health. */
  get observedAt(): number | undefined {
    return this.lastSeenAt;
  }

  commandFailed(failure: Failure): void {
    this.parts.reporter.report(commandFailed, `${failure.id}/${failure.generation}`, failure);
  }

  private async reportHost(signal: AbortSignal): Promise<void> {
    const { hypervisor, reporter, host, availabilityZone, version } = this.parts;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(HEARTBEAT)]);
    const [resources, guests] = await Promise.all([hypervisor.resources(patience), hypervisor.observe(patience)]);
    this.lastSeenAt = performance.now();
    const load = { uptimeSeconds: Math.floor(uptime()), loadAverages: loadavg() };
    reporter.report(hostReport, host, { availabilityZone, agentVersion: version, resources: { ...resources, ...load }, guests });
  }

  private async watch(signal: AbortSignal): Promise<void> {
    for await (const report of this.parts.hypervisor.reports(signal)) this.reportGuest(report);
  }

  private reportGuest({ power, ...report }: GuestReport): void {
    this.parts.reporter.report(guestReport, report.id, { ...report, power: power ?? null });
  }
}

import { Loop, mapLimit, seconds, type Duration } from '@virga/kernel';
import type { LibvirtClient } from './libvirt-client.js';
import type { DomainRef } from './rpc/procedures.js';

/** Too low: libvirt is bothered while a storage host is away. Too high: guests stand still this long after it is back. */
const WHILE_STALLED = seconds(1);
/** Events say when a guest stalls; this is for those that were lost, with their connection or before our start. */
const OTHERWISE = seconds(30);
const LOOKS_AT_ONCE = 16;
/** libvirt's lifecycle event that a guest was stopped. */
const SUSPENDED = 3;

/**
 * Guests whose volume failed, and lets them try again.
 *
 * Theory of operation. Where a request to a volume fails, QEMU stops the guest and keeps the request, so the guest sees no
 * error and loses no write. Once resumed it asks again; if the volume is still away it stops again. So resuming it too often
 * is harmless, and it goes on as soon as its storage does. Only guests that QEMU stopped itself are resumed, and only ours.
 */
export class StalledGuests {
  private readonly loop: Loop;
  private unlisten: () => void = () => undefined;

  constructor(private readonly libvirt: LibvirtClient, onTrouble: (error: unknown) => void) {
    this.loop = new Loop({ turn: (signal) => this.turn(signal), rest: OTHERWISE, failed: onTrouble });
  }

  start(): void {
    this.unlisten = this.libvirt.listen((news) => {
      if (news.kind === 'connected' || (news.kind === 'lifecycle' && news.event === SUSPENDED)) this.loop.wake();
    });
    this.loop.start();
  }

  stop(): void {
    this.unlisten();
    void this.loop.stop();
  }

  private async turn(signal: AbortSignal): Promise<Duration> {
    const stalled = await mapLimit(await this.libvirt.list(signal), LOOKS_AT_ONCE, (dom) => this.look(dom, signal));
    return stalled.includes(true) ? WHILE_STALLED : OTHERWISE;
  }

  private async look(dom: DomainRef, signal: AbortSignal): Promise<boolean> {
    if ((await this.libvirt.state(dom, signal))?.isStalled !== true) return false;
    if ((await this.libvirt.describe(dom, signal))?.metadata === undefined) return false;
    await this.libvirt.resume(dom, signal);
    return true;
  }
}

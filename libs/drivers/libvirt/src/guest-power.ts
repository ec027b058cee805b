import { seconds } from '@virga/kernel';
import type { PowerRequest } from '@virga/ports';
import type { LibvirtClient } from './libvirt-client.js';
import type { DomainRef } from './rpc/procedures.js';
import { errorCodes, isLibvirt } from './failures.js';
import { waitFor } from './wait-for.js';

/** As long as Nova's `shutdown_timeout`: how long a guest may take to shut down where the command does not say. */
export const DEFAULT_GRACE_SECONDS = 60;
/** The button is pressed again this often: a guest that is still booting misses the first press. */
const PRESS_AGAIN_EVERY = seconds(10);
const LOOK_EVERY = seconds(1);

/**
 * Brings one guest to a power state, from whatever state it is in.
 *
 * A soft restart is a shutdown followed by a start, so that it also takes up a changed definition, and so that its end
 * can be seen; a guest that does not follow within its grace is cut off.
 */
export class GuestPower {
  /** @param beforeStart makes what a start needs (taps); called with the domain each time before a start. */
  constructor(private readonly libvirt: LibvirtClient, private readonly beforeStart: (dom: DomainRef, signal: AbortSignal) => Promise<void>) {}

  /** Carries out the request; `isRepeated` says that its restart was done before. */
  async ensure(dom: DomainRef, request: PowerRequest, isRepeated: boolean, signal: AbortSignal): Promise<void> {
    const grace = request.graceSeconds ?? DEFAULT_GRACE_SECONDS;
    if (request.power === 'shutdown') return this.ensureOff(dom, grace, signal);
    if (request.restart !== undefined && !isRepeated) await this.ensureOff(dom, request.restart === 'hard' ? 0 : grace, signal);
    if (request.power === 'paused') return this.ensurePaused(dom, signal);
    return this.ensureRunning(dom, signal);
  }

  async ensureRunning(dom: DomainRef, signal: AbortSignal): Promise<void> {
    const state = await this.libvirt.state(dom, signal);
    if (state?.power === 'running') return;
    if (state?.power === 'paused') return this.libvirt.resume(dom, signal);
    // A crashed guest may still have a process; it cannot be started before that is gone.
    if (state?.isActive) await this.libvirt.cutPower(dom, signal);
    await this.start(dom, { isPaused: false }, signal);
  }

  private async ensurePaused(dom: DomainRef, signal: AbortSignal): Promise<void> {
    const state = await this.libvirt.state(dom, signal);
    if (state?.power === 'paused') return;
    // libvirt would keep the reason for which a stalled guest stands still, and it would be resumed as such.
    if (state?.isStalled) await this.libvirt.resume(dom, signal);
    if (state?.power === 'running') return this.libvirt.suspend(dom, signal);
    await this.start(dom, { isPaused: true }, signal);
  }

  private async ensureOff(dom: DomainRef, graceSeconds: number, signal: AbortSignal): Promise<void> {
    const state = await this.libvirt.state(dom, signal);
    if (!state?.isActive) return;
    // A paused guest cannot hear the button.
    const followed = graceSeconds > 0 && state.power === 'running' && await this.asksToShutDown(dom, graceSeconds, signal);
    if (!followed) await this.libvirt.cutPower(dom, signal);
  }

  private async asksToShutDown(dom: DomainRef, graceSeconds: number, signal: AbortSignal): Promise<boolean> {
    let untilPress = 0;
    return waitFor(this.libvirt, dom.uuid, async () => {
      if (!(await this.libvirt.state(dom, signal))?.isActive) return true;
      if (untilPress <= 0) {
        await this.libvirt.pressPowerButton(dom, signal);
        untilPress = PRESS_AGAIN_EVERY / LOOK_EVERY;
      }
      untilPress -= 1;
      return false;
    }, { within: seconds(graceSeconds), every: LOOK_EVERY, signal });
  }

  private async start(dom: DomainRef, options: { isPaused: boolean }, signal: AbortSignal): Promise<void> {
    await this.beforeStart(dom, signal);
    try {
      await this.libvirt.start(dom, options, signal);
    } catch (error) {
      // An earlier attempt of ours, given up here, may have gone on in the daemon.
      const isRunning = isLibvirt(error, errorCodes.operationInvalid) && (await this.libvirt.state(dom, signal))?.isActive;
      if (!isRunning) throw error;
    }
  }
}

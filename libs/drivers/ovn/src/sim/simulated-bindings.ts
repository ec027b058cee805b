import type { PortId } from '@virga/kernel';
import type { PortBinding } from '@virga/ports';

/** Which simulated ports are up, and who wants to know. */
export class SimulatedBindings {
  private readonly ports = new Map<PortId, boolean>();
  private readonly followers = new Set<(portId: PortId, isUp: boolean) => void>();

  add(portId: PortId): void {
    if (!this.ports.has(portId)) this.set(portId, false);
  }

  set(portId: PortId, isUp: boolean): void {
    if (this.ports.get(portId) === isUp) return;
    this.ports.set(portId, isUp);
    for (const follower of this.followers) follower(portId, isUp);
  }

  delete(portId: PortId): void {
    if (!this.ports.delete(portId)) return;
    for (const follower of this.followers) follower(portId, false);
  }

  /** All states, then all changes, the latest of each port; ends with the signal. */
  async* follow(signal: AbortSignal): AsyncGenerator<PortBinding> {
    const waiting = new Map(this.ports);
    let wake = Promise.withResolvers<void>();
    const follower = (portId: PortId, isUp: boolean): void => {
      waiting.set(portId, isUp);
      wake.resolve();
    };
    const stop = (): void => wake.resolve();
    this.followers.add(follower);
    signal.addEventListener('abort', stop, { once: true });
    try {
      while (!signal.aborted) {
        const [next] = waiting;
        if (next === undefined) {
          wake = Promise.withResolvers();
          await wake.promise;
          continue;
        }
        waiting.delete(next[0]);
        yield { portId: next[0], isUp: next[1] };
      }
    } finally {
      this.followers.delete(follower);
      signal.removeEventListener('abort', stop);
    }
  }
}

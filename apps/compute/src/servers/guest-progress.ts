import { Conflict, seconds, type Clock, type Duration, type HostId, type Instant } from '@virga/kernel';
import { FAILURE_PAUSE, type GuestObservation } from '../guests/index.js';
import type { Server } from './server.js';

/**
 * How long a command may go without a report before it is sent again.
 *
 * Too short: busy hosts, which carry out commands one after the other for a guest, get each of them several times. Too long:
 * a command that was lost (the broker's disk, a host that was reinstalled) holds the server up for that long.
 */
export const COMMAND_PATIENCE: Duration = seconds(30);

/** The host has said that it cannot do this, and that trying again cannot help. */
export class HostRefused extends Conflict {
  constructor(failure: { code: string; message: string }) {
    super('compute.host.refused', failure.message, { details: { reason: failure.code } });
  }
}

/** What a host has said since a generation of commands. */
export interface Answer {
  /** The guest as it is after them; undefined while nothing was said that counts. */
  guest: GuestObservation | undefined;
  /** The host could not carry them out for the moment. */
  hasFailed: boolean;
}

/** Throws `HostRefused` where the host has said that it never will. */
export function answerOf(server: Pick<Server, 'host'>, guests: readonly GuestObservation[], generation: number): Answer {
  const guest = guests.find(({ host }) => host === server.host);
  const failure = guest?.failure?.generation === generation ? guest.failure : undefined;
  if (failure?.isFinal === true) throw new HostRefused(failure);
  return { guest: guest !== undefined && guest.generation >= generation ? guest : undefined, hasFailed: failure !== undefined };
}

/** Hosts on which something of the server may still be, given what they said last. */
export function hostsToClear(server: Pick<Server, 'host' | 'generation'>, guests: readonly GuestObservation[]): HostId[] {
  const hosts = new Set([...(server.host === null ? [] : [server.host]), ...guests.filter(({ power }) => power !== null).map(({ host }) => host)]);
  const isClear = (host: HostId): boolean =>
    guests.some((guest) => guest.host === host && guest.power === null && guest.generation >= server.generation);
  return [...hosts].filter((host) => !isClear(host));
}

/** Whether a command should be sent once more: nothing came of it for too long, or it failed for the moment. */
export function isOverdue(clock: Clock, requestedAt: Instant | undefined, { hasFailed }: Pick<Answer, 'hasFailed'> = { hasFailed: false }): boolean {
  return requestedAt === undefined || clock.now() - requestedAt >= (hasFailed ? FAILURE_PAUSE : COMMAND_PATIENCE);
}

import type { CallContract, CallReply, CallRequest } from '@virga/contract';
import { completeAttachments, connectAttachments, releaseAttachments, type AttachmentFact, type ExportAddressFact } from '@virga/contracts-block-storage';
import type { moveDisk } from '@virga/contracts-compute';
import type { SimGuestDisk } from '@virga/driver-volume-file/sim';
import { Conflict, NotFound, Unavailable } from '@virga/kernel';
import type { ExportAddress } from '@virga/ports';

type Ask = <Contract extends CallContract>(contract: Contract, request: CallRequest<Contract>) => Promise<CallReply<Contract>>;

interface Move {
  serverId: string;
  /** Through which the guest has the volume. */
  from: string;
  to: string;
  phase: 'connect' | 'complete' | 'release-old' | 'give-up';
  /** What block storage has answered last: the same again is no news. */
  heard: string;
}

/** What guests of servers write when they have begun to use another copy of their volume. */
export const AFTERWARDS = { offset: 8192, text: 'later' };

/** The compute service, as far as block storage asks it: it lets guests go on with copies of their volumes, one step at a time. */
export class SimulatedCompute {
  /** Why it refuses; undefined: it does not. */
  refusal: string | undefined;
  /** Its guests' hosts cannot copy. */
  cannotCopy = false;
  /** It answers nothing, and does nothing. */
  isGone = false;
  /** Asks block storage. */
  ask: Ask = () => { throw new Error('There is no block storage.'); };
  private readonly moves = new Map<string, Move>();

  constructor(private readonly connect: (address: ExportAddress) => SimGuestDisk) {}

  /** What is asked of it that has no end yet. */
  get busyWith(): number {
    return this.moves.size;
  }

  move({ serverId, attachmentId, nextAttachmentId }: CallRequest<typeof moveDisk>): CallReply<typeof moveDisk> {
    if (this.isGone) throw new Unavailable('messaging.call.timed-out', 'Compute was not there in time.');
    if (this.refusal !== undefined) throw new Conflict('compute.server.state', this.refusal);
    if (nextAttachmentId !== null && !this.moves.has(nextAttachmentId)) this.moves.set(nextAttachmentId, { serverId, from: attachmentId, to: nextAttachmentId, phase: 'connect', heard: '' });
    return {};
  }

  /** Its server goes: with it all that it has. */
  async deleteServer(serverId: string, attachmentIds: readonly string[]): Promise<void> {
    const moves = [...this.moves.values()].filter((move) => move.serverId === serverId);
    for (const { to } of moves) this.moves.delete(to);
    await this.ask(releaseAttachments, { attachmentIds: [...attachmentIds, ...moves.map(({ to }) => to)] });
  }

  /** Does the next step of each; answers whether there was anything to do. */
  async work(): Promise<boolean> {
    if (this.isGone) return false;
    let hasWorked = false;
    for (const move of this.moves.values()) hasWorked = await this.goOn(move) || hasWorked;
    return hasWorked;
  }

  private async goOn(move: Move): Promise<boolean> {
    if (move.phase === 'connect') return this.copy(move);
    if (move.phase === 'complete') {
      await this.ask(completeAttachments, { attachmentIds: [move.to] });
      move.phase = 'release-old';
      return true;
    }
    const left = (await this.ask(releaseAttachments, { attachmentIds: [move.phase === 'give-up' ? move.to : move.from] })).attachments;
    if (left.length === 0) this.moves.delete(move.to);
    return left.length === 0 || isNews(move, left);
  }

  private async copy(move: Move): Promise<boolean> {
    const [old, next] = [await this.reach(move.from), await this.reach(move.to).catch(unlessGone)];
    if (next === undefined) {
      this.moves.delete(move.to);
      return true;
    }
    if (next.state === 'error' || this.cannotCopy) {
      move.phase = 'give-up';
      return true;
    }
    if (!old?.address || !next.address) return isNews(move, [old, next]);
    const source = this.tryConnect(old.address);
    const target = this.tryConnect(next.address);
    if (source === undefined || target === undefined) {
      move.phase = 'give-up';
      return true;
    }
    target.write(0, source.read(0, 65_536));
    target.write(AFTERWARDS.offset, Buffer.from(AFTERWARDS.text));
    move.phase = 'complete';
    return true;
  }

  private tryConnect(address: ExportAddressFact): SimGuestDisk | undefined {
    try {
      return this.connect(address as ExportAddress);
    } catch {
      return undefined;
    }
  }

  private async reach(id: string): Promise<AttachmentFact | undefined> {
    return (await this.ask(connectAttachments, { host: GUESTS_HOST, attachments: [{ id, device: '/dev/vdb' }] })).attachments[0];
  }
}

function isNews(move: Move, facts: readonly (AttachmentFact | undefined)[]): boolean {
  const before = move.heard;
  move.heard = JSON.stringify(facts.map((fact) => fact?.state));
  return move.heard !== before;
}

/** Where its guests are. */
export const GUESTS_HOST = 'node-1';

/** Block storage has taken it back. */
function unlessGone(error: unknown): undefined {
  if (error instanceof NotFound) return undefined;
  throw error;
}

import type { PortId } from '@virga/kernel';
import type { PortBinding } from '@virga/ports';
import { ownerOf, type Marks } from './compile/marks.js';
import type { NbReplica } from './northbound.js';

type PortRow = { name: string; up: boolean | undefined; external_ids: Marks };

/**
 * The ports' `up` as it is, then as it changes, until the signal aborts. Only the latest state of a port waits for a slow reader.
 * The copy behind it survives reconnects, so nothing is missed; what changed meanwhile comes with the reconnection.
 */
export async function* portBindings(replica: NbReplica, signal: AbortSignal): AsyncGenerator<PortBinding> {
  const waiting = new Map<string, boolean>();
  let wake = Promise.withResolvers<void>();
  const note = (row: PortRow, isUp: boolean): void => {
    waiting.set(row.name, isUp);
    wake.resolve();
  };
  const unsubscribe = replica.subscribe((changes) => {
    for (const { table, before, now } of changes) {
      if (table !== 'Logical_Switch_Port') continue;
      const [old, current] = [before as PortRow | undefined, now as PortRow | undefined];
      if (current === undefined) { if (old !== undefined && isOurs(old)) note(old, false); }
      else if (isOurs(current) && (old === undefined || isUp(old) !== isUp(current))) note(current, isUp(current));
    }
  });
  const stop = (): void => wake.resolve();
  signal.addEventListener('abort', stop, { once: true });
  try {
    for (const row of replica.table('Logical_Switch_Port').values()) if (isOurs(row)) note(row, isUp(row));
    while (!signal.aborted) {
      const [next] = waiting;
      if (next === undefined) {
        wake = Promise.withResolvers();
        await wake.promise;
        continue;
      }
      waiting.delete(next[0]);
      yield { portId: next[0] as PortId, isUp: next[1] };
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', stop);
  }
}

const isUp = (row: PortRow): boolean => row.up === true;

/** Guests', metadata's and routers' ports; a provider network's bridge is no port of the model. */
function isOurs(row: PortRow): boolean {
  const kind = ownerOf(row.external_ids)?.kind;
  return kind === 'port' || kind === 'router';
}

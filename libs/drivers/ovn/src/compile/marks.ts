import type { Owner } from './unit.js';

/** How our rows are known by their `external_ids`. Other keys may be there; they are others' and stay. */
export const MARK = {
  kind: 'virga:kind', id: 'virga:id', revision: 'virga:revision',
  /** On a subnet's row: whether ports are served from it, and their DNS domain. */
  isServed: 'virga:dhcp', domain: 'virga:domain',
  /** On a router port: the external network whose gateway it is. */
  gatewayOf: 'virga:gateway-of',
  /** On a tombstone: when it was set, milliseconds since the epoch. */
  at: 'virga:at',
} as const;
const OURS = 'virga:';

export type Marks = ReadonlyMap<string, string>;

/** The marks of a row that belongs to `owner`; anchors have a revision. */
export function marks(owner: Owner, more: Readonly<Record<string, string>> = {}): Marks {
  return new Map([[MARK.kind, owner.kind], [MARK.id, owner.id], ...Object.entries(more)]);
}

export function anchorMarks(owner: Owner & { revision: number }, more: Readonly<Record<string, string>> = {}): Marks {
  return marks(owner, { [MARK.revision]: String(owner.revision), ...more });
}

/** Whose row it is, undefined for one of others. */
export function ownerOf(externalIds: Marks): Owner | undefined {
  const kind = externalIds.get(MARK.kind);
  const id = externalIds.get(MARK.id);
  return kind === undefined || id === undefined ? undefined : { kind: kind as Owner['kind'], id };
}

/** The revision of an anchor; one without (or with nonsense) counts as older than any. */
export function revisionOf(externalIds: Marks): number {
  const revision = Number(externalIds.get(MARK.revision) ?? Number.NaN);
  return Number.isSafeInteger(revision) ? revision : -1;
}

/** Only our keys. */
export function ownMarks(externalIds: Marks): Marks {
  return new Map([...externalIds].filter(([key]) => key.startsWith(OURS)));
}

/** `wanted` beside the keys of others in `actual`. */
export function mergedMarks(wanted: Marks, actual: Marks): Marks {
  return new Map([...[...actual].filter(([key]) => !key.startsWith(OURS)), ...wanted]);
}

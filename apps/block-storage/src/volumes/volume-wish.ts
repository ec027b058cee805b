import { isTrue, type BodyOf } from '@virga/contract';
import type { volumes as contract } from '@virga/contracts-block-storage';
import { Invalid, NotFound } from '@virga/kernel';

/** What a volume is to be made from. */
export type WishedSource =
  | { kind: 'blank' } | { kind: 'image'; imageId: string } | { kind: 'snapshot'; snapshotId: string } | { kind: 'volume'; volumeId: string }
  | { kind: 'backup'; backupId: string };

/** A volume as somebody wants it, before anything was looked up. */
export interface VolumeWish {
  name: string | null;
  description: string | null;
  /** Undefined: as large as its source. */
  sizeGibibytes: number | undefined;
  /** An id or a name; undefined: the default. */
  volumeType: string | undefined;
  zone: string | undefined;
  metadata: Record<string, string>;
  source: WishedSource;
  isMultiattach: boolean;
  hints: { sameHost: string[]; differentHost: string[] };
  /** The group that it is to be in. */
  groupId?: string;
}

class RequestWrong extends Invalid {
  constructor(message: string) {
    super('block-storage.volume.request', `Invalid input received: ${message}`);
  }
}

type Body = BodyOf<typeof contract.createVolume>;

/** Reads a request; throws `Invalid` where it contradicts itself. */
export function wishFrom(body: Body): VolumeWish {
  const { volume } = body;
  requireNothingUnknown(volume);
  const hints = body['OS-SCH-HNT:scheduler_hints'] ?? body['os:scheduler_hints'] ?? {};
  const groupId = notBlank(volume.group_id);
  return {
    name: volume.name ?? volume.display_name ?? null, description: volume.description ?? volume.display_description ?? null,
    sizeGibibytes: sizeOf(volume.size), volumeType: notBlank(volume.volume_type), zone: notBlank(volume.availability_zone), metadata: volume.metadata ?? {},
    source: sourceOf(volume), isMultiattach: isTrue(volume.multiattach) === true,
    hints: { sameHost: listOf(hints.same_host), differentHost: listOf(hints.different_host) }, ...(groupId !== undefined && { groupId }),
  };
}

/** Things of which there are none. */
function requireNothingUnknown({ consistencygroup_id: consistencyGroup }: Body['volume']): void {
  if (notBlank(consistencyGroup) !== undefined) throw new NotFound('block-storage.consistency-group.unknown', `ConsistencyGroup ${consistencyGroup} could not be found.`);
}

function sourceOf(volume: Body['volume']): WishedSource {
  const image = notBlank(volume.imageRef) ?? notBlank(volume.image_id);
  const snapshot = notBlank(volume.snapshot_id);
  const origin = notBlank(volume.source_volid);
  const backup = notBlank(volume.backup_id);
  const sources: WishedSource[] = [
    ...(image === undefined ? [] : [{ kind: 'image' as const, imageId: image.split('/').at(-1) ?? image }]),
    ...(snapshot === undefined ? [] : [{ kind: 'snapshot' as const, snapshotId: snapshot }]),
    ...(origin === undefined ? [] : [{ kind: 'volume' as const, volumeId: origin }]),
    ...(backup === undefined ? [] : [{ kind: 'backup' as const, backupId: backup }]),
  ];
  if (sources.length > 1) throw new RequestWrong('Only one of imageRef, source_volid, snapshot_id or backup_id may be given.');
  return sources[0] ?? { kind: 'blank' };
}

function sizeOf(size: number | string | null | undefined): number | undefined {
  if (size === null || size === undefined) return undefined;
  const gibibytes = Number(size);
  if (!Number.isInteger(gibibytes) || gibibytes < 1 || gibibytes > 0x7fffffff) {
    throw new RequestWrong(`Volume size '${size}' must be an integer and greater than 0.`);
  }
  return gibibytes;
}

function notBlank(text: string | null | undefined): string | undefined {
  return text === null || text === '' ? undefined : text;
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}

/** Reads an update; throws `Invalid` where it changes nothing. */
export function editFrom({ volume }: BodyOf<typeof contract.updateVolume>): { name?: string | null; description?: string | null; metadata?: Record<string, string> } {
  const { metadata } = volume;
  const name = volume.name === undefined ? volume.display_name : volume.name;
  const description = volume.description === undefined ? volume.display_description : volume.description;
  return { ...(name !== undefined && { name }), ...(description !== undefined && { description }), ...(metadata !== undefined && { metadata: metadata ?? {} }) };
}

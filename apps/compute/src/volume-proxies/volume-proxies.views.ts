import type { BodyOf, OutputOf, Reply } from '@virga/contract';
import { isTrue } from '@virga/contract';
import type { volumeProxies } from '@virga/contracts-compute';

/** A volume or snapshot as block storage shows it. */
export type Shown = Record<string, unknown> & { id: string };

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type VolumeView = Body<OutputOf<typeof volumeProxies.showProxiedVolume>>['volume'];
type SnapshotView = Body<OutputOf<typeof volumeProxies.showProxiedSnapshot>>['snapshot'];

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export function volumeView(volume: Shown): VolumeView {
  const [attachment] = (volume['attachments'] ?? []) as { server_id?: string; device?: string }[];
  const attached = attachment === undefined ? {} : {
    id: volume.id, volumeId: volume.id, serverId: attachment.server_id, ...(attachment.device && { device: attachment.device }),
  };
  return {
    id: volume.id, status: String(volume['status']), size: Number(volume['size']), availabilityZone: text(volume['availability_zone']), createdAt: String(volume['created_at']),
    attachments: [attached], displayName: text(volume['name']), displayDescription: text(volume['description']), volumeType: text(volume['volume_type']),
    snapshotId: text(volume['snapshot_id']), metadata: (volume['metadata'] ?? {}) as Record<string, string>,
  };
}

export function snapshotView(snapshot: Shown): SnapshotView {
  return {
    id: snapshot.id, status: String(snapshot['status']), size: Number(snapshot['size']), createdAt: String(snapshot['created_at']), displayName: text(snapshot['name']),
    displayDescription: text(snapshot['description']), volumeId: String(snapshot['volume_id']),
  };
}

/** The request in block storage's words; what was not said stays unsaid. */
export function volumeRequest({ volume }: BodyOf<typeof volumeProxies.createProxiedVolume>): object {
  const { display_name: name, display_description: description, size, metadata, ...same } = volume;
  return { volume: said({ ...same, name, description, size: Number(size), metadata: metadata ?? undefined }) };
}

export function snapshotRequest({ snapshot }: BodyOf<typeof volumeProxies.createProxiedSnapshot>): object {
  const { display_name: name, display_description: description, force, volume_id } = snapshot;
  return { snapshot: said({ volume_id, name, description, force: isTrue(force) }) };
}

function said(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

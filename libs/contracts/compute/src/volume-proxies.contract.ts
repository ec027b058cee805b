import { closed, endpoint, Nullable, open, T, WireBoolean } from '@virga/contract';
import { computeRule, MEMBER_OR_ADMIN, READER_OR_ADMIN } from './rules.js';
import { UuidText } from './values.js';

// What compute passes on to block storage for clients of before 2.36.

const until = '2.35' as const;
const read = (name: string, describe: string) => computeRule(`os-volumes:${name}`, READER_OR_ADMIN, describe);
const write = (name: string, describe: string) => computeRule(`os-volumes:${name}`, MEMBER_OR_ADMIN, describe);
const Count = T.Integer({ minimum: 0 });
const Counts = T.Optional(T.Union([Count, T.Array(Count)]));
const listQuery = open({ limit: Counts, offset: Counts });

const Volume = T.Object({
  id: T.String(), status: T.String(), size: T.Integer(), availabilityZone: Nullable(T.String()), createdAt: T.String(), attachments: T.Array(T.Unknown()),
  displayName: Nullable(T.String()), displayDescription: Nullable(T.String()), volumeType: Nullable(T.String()), snapshotId: Nullable(T.String()),
  metadata: T.Record(T.String(), T.String()),
});
const Snapshot = T.Object({
  id: T.String(), status: T.String(), size: T.Integer(), createdAt: T.String(), displayName: Nullable(T.String()), displayDescription: Nullable(T.String()), volumeId: T.String(),
});
const Text = T.Optional(Nullable(T.String({ maxLength: 255 })));

export const listProxiedVolumes = endpoint({
  route: 'GET /os-volumes', until, summary: 'List volumes.', query: listQuery, view: T.Object({ volumes: T.Array(Volume) }), replies: 200, policy: read('list', 'List volumes.'),
});
export const listProxiedVolumeDetails = endpoint({
  route: 'GET /os-volumes/detail', until, summary: 'List volumes with details.', query: listQuery, view: T.Object({ volumes: T.Array(Volume) }), replies: 200,
  policy: read('detail', 'List volumes detail.'),
});
export const showProxiedVolume = endpoint({
  route: 'GET /os-volumes/{volume_id}', until, summary: 'Show a volume.', view: T.Object({ volume: Volume }), replies: 200, policy: read('show', 'Show volume.'),
  fails: ['block-storage.volume.unknown'],
});
export const createProxiedVolume = endpoint({
  route: 'POST /os-volumes', until, summary: 'Make a volume.',
  body: closed({
    volume: closed({
      size: T.Union([T.Integer({ minimum: 1 }), T.String({ pattern: '^[0-9]+$' })]), volume_type: T.Optional(Nullable(T.String())),
      metadata: T.Optional(Nullable(T.Record(T.String(), T.String()))), snapshot_id: T.Optional(Nullable(T.String())), availability_zone: T.Optional(Nullable(T.String())),
      display_name: Text, display_description: Text,
    }),
  }),
  view: T.Object({ volume: Volume }), replies: 200, policy: write('create', 'Create volume.'), fails: ['block-storage.snapshot.unknown'],
});
export const deleteProxiedVolume = endpoint({
  route: 'DELETE /os-volumes/{volume_id}', until, summary: 'Delete a volume.', replies: 202, policy: write('delete', 'Delete volume.'), fails: ['block-storage.volume.unknown'],
});

export const listProxiedSnapshots = endpoint({
  route: 'GET /os-snapshots', until, summary: 'List snapshots of volumes.', query: listQuery, view: T.Object({ snapshots: T.Array(Snapshot) }), replies: 200,
  policy: read('snapshots:list', 'List snapshots.'),
});
export const listProxiedSnapshotDetails = endpoint({
  route: 'GET /os-snapshots/detail', until, summary: 'List snapshots of volumes with details.', query: listQuery, view: T.Object({ snapshots: T.Array(Snapshot) }), replies: 200,
  policy: read('snapshots:detail', 'List snapshots details.'),
});
export const showProxiedSnapshot = endpoint({
  route: 'GET /os-snapshots/{snapshot_id}', until, summary: 'Show a snapshot of a volume.', view: T.Object({ snapshot: Snapshot }), replies: 200,
  policy: read('snapshots:show', 'Show snapshot.'), fails: ['block-storage.snapshot.unknown'],
});
export const createProxiedSnapshot = endpoint({
  route: 'POST /os-snapshots', until, summary: 'Make a snapshot of a volume.',
  body: closed({ snapshot: closed({ volume_id: UuidText, force: T.Optional(WireBoolean), display_name: Text, display_description: Text }) }),
  view: T.Object({ snapshot: Snapshot }), replies: 200, policy: write('snapshots:create', 'Create snapshots.'), fails: ['block-storage.volume.unknown'],
});
export const deleteProxiedSnapshot = endpoint({
  route: 'DELETE /os-snapshots/{snapshot_id}', until, summary: 'Delete a snapshot of a volume.', replies: 202, policy: write('snapshots:delete', 'Delete snapshot.'),
  fails: ['block-storage.snapshot.unknown'],
});

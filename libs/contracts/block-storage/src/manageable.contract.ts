import { closed, endpoint, field, Nullable, open, T, WireBoolean, type VersionText } from '@virga/contract';
import { paging } from './paging.js';
import { ADMIN, volumeRule } from './rules.js';
import { Metadata, Text255, Texts } from './values.js';
import { Volume } from './volume.js';

const managing = volumeRule('volume_extension:volume_manage', ADMIN, 'Manage existing volumes.');
const listing = volumeRule('volume_extension:list_manageable', ADMIN, 'List volumes that can be managed.');

const query = open({
  ...paging, host: T.Optional(Texts), cluster: field(T.Optional(Texts), { since: '3.17' }),
});

const Reference = { reference: T.Record(T.String(), T.String()), size: T.Integer(), safe_to_manage: T.Boolean() };
const Detailed = {
  ...Reference, reason_not_safe: Nullable(T.String()), cinder_id: Nullable(T.String()), extra_info: Nullable(T.String()),
};

/** The same resource has two addresses: the extension's, and since 3.8 one of the core API. */
function manageableAt<Path extends string>(path: Path, since?: VersionText) {
  const from = since === undefined ? {} : { since };
  return {
    list: endpoint({
      ...from, route: `GET /${path}`, summary: 'List what a backend holds and block storage could manage.', query, replies: 200, policy: listing,
      view: T.Object({ 'manageable-volumes': T.Array(closed(Reference)) }), fails: ['block-storage.backend.unknown'],
    }),
    detail: endpoint({
      ...from, route: `GET /${path}/detail`, summary: 'The same with details.', query, replies: 200, policy: listing,
      view: T.Object({ 'manageable-volumes': T.Array(closed(Detailed)) }), fails: ['block-storage.backend.unknown'],
    }),
    manage: endpoint({
      ...from, route: `POST /${path}`, summary: 'Make a volume of what a backend holds already.', replies: 202, policy: managing,
      body: closed({
        volume: closed({
          ref: T.Union([T.Record(T.String(), T.Unknown()), T.String()]),
          host: T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9-._#@:/+\\[\\]]*$' }))),
          cluster: field(T.Optional(Nullable(T.String({ maxLength: 255 }))), { since: '3.16' }),
          name: T.Optional(Nullable(T.String({ maxLength: 255 }))),
          description: T.Optional(Nullable(Text255)),
          volume_type: T.Optional(Nullable(T.String({ maxLength: 255 }))),
          availability_zone: T.Optional(Nullable(T.String({ maxLength: 255 }))),
          bootable: T.Optional(WireBoolean),
          metadata: T.Optional(Nullable(Metadata)),
        }),
      }),
      view: T.Object({ volume: Volume }),
      fails: ['block-storage.backend.unknown', 'block-storage.volume-type.unknown', 'block-storage.volume.reference', 'quota.exceeded'],
      cli: { command: 'volume create --remote-source' },
    }),
  };
}

const old = manageableAt('os-volume-manage');
const current = manageableAt('manageable_volumes', '3.8');

export const { list: listOldManageableVolumes, detail: listOldManageableVolumeDetails, manage: manageOldVolume } = old;
export const { list: listManageableVolumes, detail: listManageableVolumeDetails, manage: manageVolume } = current;

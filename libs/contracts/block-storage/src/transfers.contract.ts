import { closed, endpoint, field, Nullable, open, T, WireBoolean, type PolicyRule, type VersionText } from '@virga/contract';
import { MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { paging } from './paging.js';
import { Links, Texts } from './values.js';

const rules = {
  create: volumeRule('volume:create_transfer', MEMBER_OR_ADMIN, 'Create a volume transfer.'),
  accept: volumeRule('volume:accept_transfer', MEMBER_OR_ADMIN, 'Accept a volume transfer.'),
  delete: volumeRule('volume:delete_transfer', MEMBER_OR_ADMIN, 'Delete volume transfer.'),
  show: volumeRule('volume:get_transfer', READER_OR_ADMIN, 'Show one specified volume transfer.'),
  list: volumeRule('volume:get_all_transfers', READER_OR_ADMIN, 'List volume transfer.'),
} satisfies Record<string, PolicyRule>;

/** Since this version lists of transfers are paged and sorted. */
export const TRANSFER_PAGES_SINCE: VersionText = '3.59';
/** Since this version encrypted volumes can be given away. */
export const TRANSFER_ENCRYPTED_SINCE: VersionText = '3.70';

const UuidText = T.String({ pattern: '^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$' });

const Reference = { id: T.String(), volume_id: T.String(), name: Nullable(T.String()), links: Links };
const Detailed = {
  ...Reference, created_at: T.String(),
  no_snapshots: field(T.Boolean(), { since: '3.55' }),
  source_project_id: field(Nullable(T.String()), { since: '3.57' }),
  destination_project_id: field(Nullable(T.String()), { since: '3.57' }),
  accepted: field(T.Boolean(), { since: '3.57' }),
};

const query = open({ ...paging, all_tenants: T.Optional(Texts), name: T.Optional(Texts), is_public: T.Optional(Texts) });

/** The same resource has two addresses: the old one, and since 3.55 one with snapshots. */
function transfersAt<Path extends string>(path: Path, since?: VersionText) {
  const from = since === undefined ? {} : { since };
  return {
    list: endpoint({
      ...from, route: `GET /${path}`, summary: 'List transfers.', query, replies: 200, policy: rules.list,
      view: T.Object({ transfers: T.Array(closed(Reference)), transfers_links: T.Optional(Links) }), fails: ['request.marker.unknown'],
    }),
    detail: endpoint({
      ...from, route: `GET /${path}/detail`, summary: 'List transfers with details.', query, replies: 200, policy: rules.list,
      view: T.Object({ transfers: T.Array(closed(Detailed)), transfers_links: T.Optional(Links) }), fails: ['request.marker.unknown'],
      cli: { command: 'volume transfer request list', columns: ['id', 'name', 'volume_id'] },
    }),
    create: endpoint({
      ...from, route: `POST /${path}`, summary: 'Offer a volume to whoever shows the key that is answered.', replies: 202, policy: rules.create,
      body: closed({
        transfer: closed({
          volume_id: UuidText, name: T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255 }))),
          no_snapshots: field(T.Optional(WireBoolean), { since: '3.55' }),
        }),
      }),
      view: T.Object({ transfer: closed({ ...Detailed, auth_key: T.String() }) }),
      fails: ['block-storage.volume.unknown', 'block-storage.transfer.state'], cli: { command: 'volume transfer request create' },
    }),
    show: endpoint({
      ...from, route: `GET /${path}/{transfer_id}`, summary: 'Show one transfer.', replies: 200, policy: rules.show,
      view: T.Object({ transfer: closed(Detailed) }), fails: ['block-storage.transfer.unknown'], cli: { command: 'volume transfer request show' },
    }),
    accept: endpoint({
      ...from, route: `POST /${path}/{transfer_id}/accept`, summary: 'Take over an offered volume.', replies: 202, policy: rules.accept,
      body: closed({ accept: closed({ auth_key: T.Union([T.String(), T.Integer()]) }) }),
      view: T.Object({ transfer: closed(Reference) }),
      fails: ['block-storage.transfer.unknown', 'block-storage.transfer.key', 'block-storage.transfer.state', 'quota.exceeded'],
      cli: { command: 'volume transfer request accept' },
    }),
    delete: endpoint({
      ...from, route: `DELETE /${path}/{transfer_id}`, summary: 'Take an offer back.', replies: 202, policy: rules.delete,
      fails: ['block-storage.transfer.unknown'], cli: { command: 'volume transfer request delete' },
    }),
  };
}

const old = transfersAt('os-volume-transfer');
const current = transfersAt('volume-transfers', '3.55');

export const {
  list: listOldTransfers, detail: listOldTransferDetails, create: createOldTransfer, show: showOldTransfer, accept: acceptOldTransfer, delete: deleteOldTransfer,
} = old;
export const {
  list: listTransfers, detail: listTransferDetails, create: createTransfer, show: showTransfer, accept: acceptTransfer, delete: deleteTransfer,
} = current;

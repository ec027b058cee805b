import { closed, endpoint, T } from '@virga/contract';
import { MEMBER_OR_ADMIN, READER_OR_ADMIN, volumeRule } from './rules.js';
import { Metadata } from './values.js';

const FAILS = ['block-storage.volume.unknown', 'block-storage.volume.metadata', 'block-storage.volume.metadata-changed'];
const All = T.Object({ metadata: T.Record(T.String(), T.String()) });
const One = T.Object({ meta: T.Record(T.String(), T.String()) });
const reading = volumeRule('volume:get_volume_metadata', READER_OR_ADMIN, 'Show a volume\'s metadata.');
const updating = volumeRule('volume:update_volume_metadata', MEMBER_OR_ADMIN, 'Update a volume\'s metadata or an entry of it.');

/** From 3.15 on the metadata has an `ETag`, and changes with `If-Match` happen only to what their author has seen. */
export const METADATA_ETAGS_SINCE = '3.15';

export const listVolumeMetadata = endpoint({
  route: 'GET /volumes/{volume_id}/metadata', summary: 'All metadata of a volume.', view: All, replies: 200, policy: reading, fails: FAILS.slice(0, 1),
});

export const addVolumeMetadata = endpoint({
  route: 'POST /volumes/{volume_id}/metadata', summary: 'Add or replace some metadata of a volume.', body: closed({ metadata: Metadata }), view: All, replies: 200,
  policy: volumeRule('volume:create_volume_metadata', MEMBER_OR_ADMIN, 'Create metadata for a volume.'), fails: FAILS.slice(0, 2),
});

export const replaceVolumeMetadata = endpoint({
  route: 'PUT /volumes/{volume_id}/metadata', summary: 'Replace all metadata of a volume.', body: closed({ metadata: Metadata }), view: All, replies: 200,
  policy: updating, fails: FAILS,
});

export const showVolumeMetadataEntry = endpoint({
  route: 'GET /volumes/{volume_id}/metadata/{key}', summary: 'One entry of a volume\'s metadata.', view: One, replies: 200, policy: reading,
  fails: ['block-storage.volume.unknown', 'block-storage.volume.metadata-unknown'],
});

export const setVolumeMetadataEntry = endpoint({
  route: 'PUT /volumes/{volume_id}/metadata/{key}', summary: 'Set one entry of a volume\'s metadata.', body: closed({ meta: Metadata }), view: One, replies: 200,
  policy: updating, fails: [...FAILS, 'block-storage.volume.metadata-key'],
});

export const deleteVolumeMetadataEntry = endpoint({
  route: 'DELETE /volumes/{volume_id}/metadata/{key}', summary: 'Remove one entry of a volume\'s metadata.', replies: 200,
  policy: volumeRule('volume:delete_volume_metadata', MEMBER_OR_ADMIN, 'Delete an entry of a volume\'s metadata.'),
  fails: [...FAILS.slice(0, 2), 'block-storage.volume.metadata-unknown'],
});

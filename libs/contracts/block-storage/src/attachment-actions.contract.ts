import { closed, endpoint, Nullable, open, T, Uuid, type TSchema } from '@virga/contract';
import { ADMIN, MEMBER_OR_ADMIN, volumeRule } from './rules.js';

/*
 * How volumes were attached before there were attachments: actions of the volume. Older clients and tests still use them.
 */

const FAILS = ['block-storage.volume.unknown', 'block-storage.volume.state', 'operation.in-progress'];
const OF_SERVER = 'block-storage.attachment.of-server';

function action<Name extends string, Body extends TSchema>(name: Name, body: Body, spec: { summary: string; policy: string; describe: string; fails?: readonly string[] }) {
  return endpoint({
    route: 'POST /volumes/{volume_id}/action', action: name, summary: spec.summary, body: closed({ [name]: body } as Record<Name, Body>), replies: 202,
    policy: volumeRule(`volume_extension:volume_actions:${spec.policy}`, MEMBER_OR_ADMIN, spec.describe), fails: [...FAILS, ...(spec.fails ?? [])],
  });
}

/** What stands there is ignored, as ever. */
const Nothing = T.Unknown();
const ConnectorObject = open({ host: T.Optional(Nullable(T.String({ maxLength: 255 }))) });
const AnyConnector = T.Union([ConnectorObject, T.String(), T.Null()]);

export const reserveVolume = action('os-reserve', Nothing, {
  summary: 'Keep a volume for an attachment that follows.', policy: 'reserve', describe: 'Mark volume as reserved.',
});

export const unreserveVolume = action('os-unreserve', Nothing, {
  summary: 'Let a volume go that was kept for an attachment.', policy: 'unreserve', describe: 'Unmark volume as reserved.',
});

export const beginDetachingVolume = action('os-begin_detaching', Nothing, {
  summary: 'Say that a volume is about to be detached.', policy: 'begin_detaching', describe: 'Begin detach volumes.',
});

export const rollDetachingVolume = action('os-roll_detaching', Nothing, {
  summary: 'Say that a volume stays attached after all.', policy: 'roll_detaching', describe: 'Roll back volume status to \'in-use\'.',
});

export const attachVolume = action('os-attach', closed({
  instance_uuid: T.Optional(Uuid), host_name: T.Optional(T.String({ minLength: 1, maxLength: 255 })), mountpoint: T.String({ minLength: 1, maxLength: 255 }),
  mode: T.Optional(T.Enum(['rw', 'ro'])),
}), {
  summary: 'Record that a server or a host has a volume.', policy: 'attach', describe: 'Add attachment metadata.',
  fails: ['block-storage.attachment.target', 'block-storage.attachment.mode', OF_SERVER],
});

export const detachVolume = action('os-detach', Nullable(closed({ attachment_id: T.Optional(Nullable(Uuid)) })), {
  summary: 'Take a volume from who has it.', policy: 'detach', describe: 'Clear attachment metadata.', fails: ['block-storage.attachment.unknown', OF_SERVER],
});

export const forceDetachVolume = endpoint({
  ...action('os-force_detach', closed({ connector: T.Optional(AnyConnector), attachment_id: T.Optional(Nullable(T.String({ maxLength: 255 }))) }), {
    summary: 'Take a volume from who has it, whatever its status says.', policy: 'detach', describe: '', fails: ['block-storage.attachment.unknown', OF_SERVER],
  }).spec,
  policy: volumeRule('volume_extension:volume_admin_actions:force_detach', ADMIN, 'Force detach a volume.'),
});

export const initializeVolumeConnection = endpoint({
  ...action('os-initialize_connection', closed({ connector: ConnectorObject }), {
    summary: 'Connect a volume to a host, and learn where it is.', policy: 'initialize_connection', describe: 'Initialize volume attachment.',
    fails: ['block-storage.attachment.connector', 'block-storage.attachment.not-connected'],
  }).spec,
  replies: 200,
  view: T.Object({ connection_info: closed({ driver_volume_type: T.String(), data: open({}), enforce_multipath: T.Boolean() }) }),
});

export const terminateVolumeConnection = action('os-terminate_connection', closed({ connector: AnyConnector }), {
  summary: 'Take a volume\'s connection to a host away.', policy: 'terminate_connection', describe: 'Terminate volume attachment.', fails: [OF_SERVER],
});

import { closed, endpoint, field, Nullable, T, WireBoolean, type PolicyRule, type TSchema, type VersionText } from '@virga/contract';
import { ADMIN, computeRule, MEMBER_OR_ADMIN } from './rules.js';
import { RebuiltServer } from './server.js';
import { AccessIpV4, AccessIpV6, AdminPassword, Description, DiskConfig, FlavorRef, Hostname, Metadata, Name, Nothing, Personality, UserData, UuidText } from './values.js';

const route = 'POST /servers/{server_id}/action';
const FAILS = ['compute.server.unknown', 'compute.server.state', 'compute.server.locked', 'compute.server.busy'];

/** An action that is accepted and happens in the background. */
function action<Name extends string, Body extends TSchema>(
  name: Name, body: Body, spec: { summary: string; policy: PolicyRule; since?: VersionText; cli?: string },
) {
  return endpoint({
    route, action: name, summary: spec.summary, replies: 202, policy: spec.policy, fails: FAILS,
    body: closed({ [name]: body } as Record<Name, Body>),
    ...(spec.since !== undefined && { since: spec.since }),
    ...(spec.cli !== undefined && { cli: { command: spec.cli } }),
  });
}

const memberRule = (name: string, describe: string): PolicyRule => computeRule(name, MEMBER_OR_ADMIN, describe);

export const rebootServer = action('reboot', closed({ type: T.Enum(['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']) }), {
  summary: 'Reboot: softly asks the guest, hard cuts the power.', policy: memberRule('servers:reboot', 'Reboot a server.'), cli: 'server reboot',
});

export const startServer = action('os-start', Nothing, {
  summary: 'Start a stopped server.', policy: memberRule('servers:start', 'Start a server.'), cli: 'server start',
});

export const stopServer = action('os-stop', Nothing, {
  summary: 'Stop a running server.', policy: memberRule('servers:stop', 'Stop a server.'), cli: 'server stop',
});

export const pauseServer = action('pause', Nothing, {
  summary: 'Freeze a running server in memory.', policy: memberRule('os-pause-server:pause', 'Pause a server.'), cli: 'server pause',
});

export const unpauseServer = action('unpause', Nothing, {
  summary: 'Let a paused server go on.', policy: memberRule('os-pause-server:unpause', 'Unpause a paused server.'), cli: 'server unpause',
});

export const lockServer = action('lock', Nullable(closed({ locked_reason: field(T.Optional(T.String({ minLength: 1, maxLength: 255 })), { since: '2.73' }) })), {
  summary: 'Protect a server against changes by its users.', policy: memberRule('os-lock-server:lock', 'Lock a server.'), cli: 'server lock',
});

export const unlockOverride = computeRule('os-lock-server:unlock:unlock_override', ADMIN, 'Unlock a server, regardless who locked it.');

export const unlockServer = endpoint({
  ...action('unlock', Nothing, {
    summary: 'Lift the protection again.', policy: memberRule('os-lock-server:unlock', 'Unlock a server.'), cli: 'server unlock',
  }).spec,
  alsoConsults: [unlockOverride],
});

export const resetServerState = action('os-resetState', closed({ state: T.Enum(['active', 'error']) }), {
  summary: 'Set the recorded state, for operators.', policy: computeRule('os-admin-actions:reset_state', ADMIN, 'Reset the state of a server.'), cli: 'server set --state',
});

export const forceDeleteServer = action('forceDelete', Nothing, {
  summary: 'Delete a server at once, whatever state it is in.', policy: memberRule('os-deferred-delete:force', 'Force delete a server.'), cli: 'server delete --force',
});

export const changeServerPassword = action('changePassword', closed({ adminPass: T.String({ maxLength: 255 }) }), {
  summary: 'Change the administrator\'s password inside the guest.', policy: memberRule('os-admin-password', 'Change the administrative password of a server.'),
});

export const rebuildServer = endpoint({
  route, action: 'rebuild',
  summary: 'Start again from an image, keeping id, addresses and name.',
  body: closed({
    rebuild: closed({
      imageRef: UuidText,
      name: T.Optional(Name),
      adminPass: T.Optional(AdminPassword),
      metadata: T.Optional(Metadata),
      preserve_ephemeral: T.Optional(WireBoolean),
      'OS-DCF:diskConfig': T.Optional(DiskConfig),
      accessIPv4: T.Optional(AccessIpV4),
      accessIPv6: T.Optional(AccessIpV6),
      personality: field(T.Optional(Personality), { until: '2.56' }),
      description: field(T.Optional(Description), { since: '2.19' }),
      key_name: field(T.Optional(Nullable(T.String({ minLength: 1, maxLength: 255 }))), { since: '2.54' }),
      user_data: field(T.Optional(Nullable(UserData)), { since: '2.57' }),
      trusted_image_certificates: field(T.Optional(Nullable(T.Array(T.String({ minLength: 1 }), { minItems: 1, maxItems: 50, uniqueItems: true }))), { since: '2.63' }),
      hostname: field(T.Optional(Hostname), { since: '2.90' }),
    }),
  }),
  view: T.Object({ server: RebuiltServer }),
  replies: 202,
  policy: memberRule('servers:rebuild', 'Rebuild a server.'),
  fails: [...FAILS, 'compute.image.unusable', 'compute.flavor.too-small', 'compute.keypair.unknown', 'compute.server.rebuild-unsupported'],
  cli: { command: 'server rebuild' },
});

export const resizeServer = action('resize', closed({ flavorRef: FlavorRef, 'OS-DCF:diskConfig': T.Optional(DiskConfig) }), {
  summary: 'Give a server another flavor; it is confirmed or reverted afterwards.', policy: memberRule('servers:resize', 'Resize a server.'), cli: 'server resize',
});

export const confirmServerResize = endpoint({
  ...action('confirmResize', Nothing, {
    summary: 'Keep the new flavor of a resized server.', policy: memberRule('servers:confirm_resize', 'Confirm a server resize.'), cli: 'server resize confirm',
  }).spec,
  replies: 204,
});

export const revertServerResize = action('revertResize', Nothing, {
  summary: 'Give a resized server its former flavor again.', policy: memberRule('servers:revert_resize', 'Revert a server resize.'), cli: 'server resize revert',
});

export const showConsoleOutput = endpoint({
  route, action: 'os-getConsoleOutput',
  summary: 'The last lines that the server wrote to its serial console.',
  body: closed({ 'os-getConsoleOutput': closed({ length: T.Optional(T.Union([T.Integer({ minimum: -1 }), T.String({ pattern: '^-?[0-9]+$' }), T.Null()])) }) }),
  view: T.Object({ output: T.String() }),
  replies: 200,
  policy: memberRule('os-console-output', 'Show console output for a server.'),
  fails: ['compute.server.unknown', 'compute.server.not-ready'],
  cli: { command: 'console log show' },
});

export const createVolumeBackedImage = memberRule('servers:create_image:allow_volume_backed', 'Create an image from a volume backed server.');

export const createServerImage = endpoint({
  route, action: 'createImage',
  summary: 'Make an image of a server: of its disk, or, where it boots from a volume, an image that names snapshots of its volumes.',
  body: closed({ createImage: closed({ name: Name, metadata: T.Optional(T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }), T.String({ maxLength: 255 }), { additionalProperties: false })) }) }),
  view: T.Object({ image_id: field(T.String(), { since: '2.45' }) }),
  replies: 202,
  policy: memberRule('servers:create_image', 'Create an image from a server.'), alsoConsults: [createVolumeBackedImage],
  fails: [...FAILS, 'compute.server.quiesce-unsupported', 'compute.server.not-ready'],
  cli: { command: 'server image create', columns: ['id', 'name', 'status'] },
});

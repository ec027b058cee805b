import { closed, field, Nullable, T, Timestamp, type TSchema, type VersionText } from '@virga/contract';
import { Links, Tags } from './values.js';

/** A fixed or floating address in a server's reply. */
const Address = closed({ addr: T.String(), version: T.Integer(), 'OS-EXT-IPS:type': T.Optional(T.String()), 'OS-EXT-IPS-MAC:mac_addr': T.Optional(T.String()) });
export const Addresses = T.Record(T.String(), T.Array(Address));

/** Until 2.46 a reference, then the flavor as it was when the server was made. */
const EmbeddedFlavor = closed({
  id: field(T.String(), { until: '2.46' }),
  links: field(Links, { until: '2.46' }),
  vcpus: field(T.Integer(), { since: '2.47' }),
  ram: field(T.Integer(), { since: '2.47' }),
  disk: field(T.Integer(), { since: '2.47' }),
  ephemeral: field(T.Integer(), { since: '2.47' }),
  swap: field(T.Integer(), { since: '2.47' }),
  original_name: field(T.String(), { since: '2.47' }),
  extra_specs: field(T.Optional(T.Record(T.String(), T.String())), { since: '2.47' }),
});

/** Empty text for a server that does not boot from an image. */
const Image = T.Union([T.String(), closed({ id: T.String(), links: Links })]);

const Fault = closed({ code: T.Integer(), created: T.String(), message: T.String(), details: T.Optional(T.String()) });

const always = {
  id: T.String(),
  name: T.String(),
  status: T.String(),
  tenant_id: T.String(),
  user_id: T.String(),
  metadata: T.Record(T.String(), T.String()),
  hostId: T.String(),
  image: Image,
  flavor: EmbeddedFlavor,
  created: Timestamp,
  updated: Timestamp,
  addresses: Addresses,
  accessIPv4: T.String(),
  accessIPv6: T.String(),
  links: Links,
  'OS-DCF:diskConfig': T.String(),
  progress: T.Optional(T.Integer()),
  fault: T.Optional(Fault),
  locked: field(T.Boolean(), { since: '2.9' }),
  description: field(Nullable(T.String()), { since: '2.19' }),
  tags: field(Tags, { since: '2.26' }),
  trusted_image_certificates: field(Nullable(T.Array(T.String())), { since: '2.63' }),
  locked_reason: field(Nullable(T.String()), { since: '2.73' }),
};

/** Attributes that are for administrators (by policy), with the first version that shows them. */
const extended = {
  'OS-EXT-SRV-ATTR:host': ['2.1', Nullable(T.String())],
  'OS-EXT-SRV-ATTR:instance_name': ['2.1', T.String()],
  'OS-EXT-SRV-ATTR:hypervisor_hostname': ['2.1', Nullable(T.String())],
  'OS-EXT-SRV-ATTR:hostname': ['2.3', T.String()],
  'OS-EXT-SRV-ATTR:reservation_id': ['2.3', Nullable(T.String())],
  'OS-EXT-SRV-ATTR:launch_index': ['2.3', T.Integer()],
  'OS-EXT-SRV-ATTR:kernel_id': ['2.3', T.String()],
  'OS-EXT-SRV-ATTR:ramdisk_id': ['2.3', T.String()],
  'OS-EXT-SRV-ATTR:root_device_name': ['2.3', Nullable(T.String())],
  'OS-EXT-SRV-ATTR:user_data': ['2.3', Nullable(T.String())],
  host_status: ['2.16', T.String()],
  'OS-EXT-AZ:availability_zone': ['2.1', T.String()],
  config_drive: ['2.1', T.String()],
  key_name: ['2.1', Nullable(T.String())],
  'OS-SRV-USG:launched_at': ['2.1', Nullable(T.String())],
  'OS-SRV-USG:terminated_at': ['2.1', Nullable(T.String())],
  security_groups: ['2.1', T.Array(closed({ name: T.String() }))],
  'OS-EXT-STS:vm_state': ['2.1', T.String()],
  'OS-EXT-STS:task_state': ['2.1', Nullable(T.String())],
  'OS-EXT-STS:power_state': ['2.1', T.Integer()],
  'os-extended-volumes:volumes_attached': ['2.1', T.Array(closed({ id: T.String(), delete_on_termination: field(T.Optional(T.Boolean()), { since: '2.3' }) }))],
} as const satisfies Record<string, readonly [VersionText, TSchema]>;

type Extended = { [Name in keyof typeof extended]: ReturnType<typeof T.Optional<(typeof extended)[Name][1]>> };

/** The extended attributes as optional fields, none of them before `since`. */
function extendedFrom(since: VersionText): Extended {
  const later = (first: VersionText): VersionText => (Number(first.slice(2)) > Number(since.slice(2)) ? first : since);
  return Object.fromEntries(Object.entries(extended).map(([name, [first, schema]]) => [name, field(T.Optional(schema as TSchema), { since: later(first) })])) as unknown as Extended;
}

/** One entry of the detailed list. */
export const DetailedServer = closed({ ...always, ...extendedFrom('2.1') });

const serverGroups = { server_groups: field(T.Array(T.String()), { since: '2.71' }) };

/** A server shown alone. */
export const Server = closed({ ...always, ...extendedFrom('2.1'), ...serverGroups });

/** What an update answers: the extended attributes came only with 2.75. */
/** Replies to changes told an address's type and MAC only since they tell as much as showing does. */
const AddressAfterChange = closed({
  addr: T.String(), version: T.Integer(),
  'OS-EXT-IPS:type': field(T.Optional(T.String()), { since: '2.75' }), 'OS-EXT-IPS-MAC:mac_addr': field(T.Optional(T.String()), { since: '2.75' }),
});
const changed = { ...always, addresses: T.Record(T.String(), T.Array(AddressAfterChange)) };

export const UpdatedServer = closed({ ...changed, ...extendedFrom('2.75'), ...serverGroups });

/** What a rebuild answers. */
export const RebuiltServer = closed({
  ...changed, ...extendedFrom('2.75'), ...serverGroups,
  adminPass: T.Optional(T.String()),
  key_name: field(T.Optional(Nullable(T.String())), { since: '2.54' }),
  user_data: field(T.Optional(Nullable(T.String())), { since: '2.57' }),
});

export const ServerReference = closed({ id: T.String(), name: T.String(), links: Links });

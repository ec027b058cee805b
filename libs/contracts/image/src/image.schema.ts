import { closed, Nullable, open, T, Timestamp } from '@virga/contract';

export const DISK_FORMATS = ['raw', 'qcow2', 'ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'vdi', 'iso', 'ploop'] as const;
export const CONTAINER_FORMATS = ['bare', 'ami', 'ari', 'aki', 'ovf', 'ova', 'docker', 'compressed'] as const;
export const VISIBILITIES = ['public', 'private', 'shared', 'community'] as const;

const Name = T.String({ maxLength: 255 });
const Size = T.Integer({ minimum: 0, maximum: 2 ** 31 - 1 });

/** What a client may set itself (image API reference, "Create image"). */
export const writable = {
  name: T.Optional(Nullable(Name)),
  disk_format: T.Optional(Nullable(T.Enum([...DISK_FORMATS]))),
  container_format: T.Optional(Nullable(T.Enum([...CONTAINER_FORMATS]))),
  visibility: T.Optional(T.Enum([...VISIBILITIES])),
  protected: T.Optional(T.Boolean()),
  os_hidden: T.Optional(T.Boolean()),
  min_disk: T.Optional(Size),
  min_ram: T.Optional(Size),
  tags: T.Optional(T.Array(Name, { maxItems: 128 })),
  owner: T.Optional(Nullable(Name)),
};

/** An image as Glance shows it: its own properties beside the known ones. */
export const Image = T.Object({
  id: T.String(),
  name: Nullable(T.String()),
  status: T.String(),
  visibility: T.String(),
  protected: T.Boolean(),
  os_hidden: T.Boolean(),
  checksum: Nullable(T.String()),
  os_hash_algo: Nullable(T.String()),
  os_hash_value: Nullable(T.String()),
  owner: Nullable(T.String()),
  size: Nullable(T.Number()),
  virtual_size: Nullable(T.Number()),
  min_disk: T.Integer(),
  min_ram: T.Integer(),
  disk_format: Nullable(T.String()),
  container_format: Nullable(T.String()),
  tags: T.Array(T.String()),
  created_at: Timestamp,
  updated_at: Timestamp,
  self: T.String(),
  file: T.String(),
  schema: T.String(),
  stores: T.Optional(T.String()),
}, { additionalProperties: T.String() });

/** Properties of one's own are strings; names Glance keeps for itself are refused by the service with 403. */
export const CreateImageBody = T.Object(
  { id: T.Optional(T.String({ pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$' })), ...writable },
  { additionalProperties: true, maxProperties: 128 },
);

const PatchPath = T.String({ minLength: 2, maxLength: 300 });

/** RFC 6902 as far as Glance takes it (media type `application/openstack-images-v2.1-json-patch`). */
const PatchStep = T.Object({ op: T.Enum(['add', 'replace', 'remove']), path: PatchPath, value: T.Optional(T.Any()) });

/** The draft that came before, in which the operation's name is the key (`application/openstack-images-v2.0-json-patch`). */
const DraftPatchStep = T.Object(
  { add: T.Optional(PatchPath), replace: T.Optional(PatchPath), remove: T.Optional(PatchPath), value: T.Optional(T.Any()) }, { additionalProperties: false },
);

/** Both forms; which one it is, the media type says. */
export const ImagePatch = T.Array(T.Union([PatchStep, DraftPatchStep]), { maxItems: 256 });

export const ImageList = T.Object({
  images: T.Array(Image), first: T.String(), next: T.Optional(T.String()), schema: T.String(),
});

const Repeatable = T.Union([T.String(), T.Array(T.String())]);

/** Filters; any other name filters by a property of one's own. */
export const ListImagesQuery = open({
  limit: T.Optional(T.String()), marker: T.Optional(T.String()),
  sort_key: T.Optional(Repeatable), sort_dir: T.Optional(Repeatable), sort: T.Optional(T.String()),
  tag: T.Optional(Repeatable),
});

export const Member = T.Object({
  member_id: T.String(), image_id: T.String(), status: T.String(), created_at: Timestamp, updated_at: Timestamp, schema: T.String(),
});
export const CreateMemberBody = closed({ member: T.String({ minLength: 1, maxLength: 255 }) });
export const UpdateMemberBody = closed({ status: T.Enum(['pending', 'accepted', 'rejected']) });
export const MemberList = T.Object({ members: T.Array(Member), schema: T.String() });

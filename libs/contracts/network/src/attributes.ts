import { Nullable, T, Timestamp, WireBoolean, closed, open, type TSchema } from '@virga/contract';

/** A resource's id: the service makes UUIDs, and takes any text in a path (it then finds nothing). */
export const ResourceId = T.String({ minLength: 1, maxLength: 64 });
export const Name = T.String({ maxLength: 255 });
export const Description = T.String({ maxLength: 255 });
export const ProjectIdText = T.String({ maxLength: 255 });
export const IpText = T.String({ maxLength: 64 });
export const CidrText = T.String({ maxLength: 64 });

/** A whole number, also as text: Neutron converts. */
export const WireInteger = T.Union([T.Integer({ minimum: -2147483648, maximum: 2147483647 }), T.String({ pattern: '^-?[0-9]{1,9}$' })]);

/** What every create body may say of the owner; both names mean the same. */
export const ownerAttributes = {
  project_id: T.Optional(ProjectIdText),
  tenant_id: T.Optional(ProjectIdText),
};

/** What nearly every reply shows (extensions standard-attr-*, project-id). */
export const namelessView = {
  id: T.String(),
  description: T.String(),
  project_id: T.String(),
  tenant_id: T.String(),
  tags: T.Array(T.String()),
  revision_number: T.Integer(),
  created_at: Timestamp,
  updated_at: Timestamp,
};

/** The same of resources that have a name. */
export const standardView = { ...namelessView, name: T.String() };

/** Query of every list: paging, sorting, fields; other parameters filter by attributes of their name. */
export const ListQuery = open({
  limit: T.Optional(T.Union([T.String(), T.Array(T.String())])),
  marker: T.Optional(T.Union([T.String(), T.Array(T.String())])),
  page_reverse: T.Optional(T.Union([T.String(), T.Array(T.String())])),
  sort_key: T.Optional(T.Union([T.String(), T.Array(T.String())])),
  sort_dir: T.Optional(T.Union([T.String(), T.Array(T.String())])),
  fields: T.Optional(T.Union([T.String(), T.Array(T.String())])),
});

/** Query of a show: which fields are wanted. */
export const ShowQuery = open({ fields: T.Optional(T.Union([T.String(), T.Array(T.String())])) });

export const PageLinks = T.Array(T.Object({ rel: T.String(), href: T.String() }));

/** A body with one resource or several of them (bulk create): exactly one of the two keys. */
export function oneOrMany<One extends TSchema, Key extends string, Keys extends string>(key: Key, keys: Keys, schema: One) {
  return closed({
    [key]: T.Optional(schema), [keys]: T.Optional(T.Array(schema, { minItems: 1, maxItems: 500 })),
  } as Record<Key, ReturnType<typeof T.Optional<One>>> & Record<Keys, ReturnType<typeof T.Optional<ReturnType<typeof T.Array<One>>>>>, { minProperties: 1, maxProperties: 1 });
}

export const HostRoute = closed({ destination: CidrText, nexthop: IpText });
export const AllocationPool = closed({ start: IpText, end: IpText });
export const Hints = T.Optional(Nullable(T.Array(T.String({ maxLength: 255 }), { maxItems: 16 })));
export { WireBoolean };

import { closed, Nullable, T, WireBoolean, type TSchema } from '@virga/contract';

/** What most names may be: 1 to 255 characters, not only blanks. */
export const Name = T.String({ minLength: 1, maxLength: 255, pattern: '\\S' });

/** Names of projects and domains are shorter. */
export const ShortName = T.String({ minLength: 1, maxLength: 64, pattern: '\\S' });

export const Description = Nullable(T.String({ maxLength: 65_535 }));
export const Id = T.String({ minLength: 1, maxLength: 64 });

/** A time of the caller's: ISO 8601, with or without fraction and zone; checked where it is used. */
export const TimeText = T.String({ minLength: 10, maxLength: 40 });

export const Links = T.Object({ self: T.String() });
export const ListLinks = T.Object({ self: T.String(), next: Nullable(T.String()), previous: Nullable(T.String()) });

/** Options of a resource; `immutable` forbids changing and deleting it. */
export const ResourceOptions = closed({ immutable: T.Optional(Nullable(T.Boolean())) });

/** Filters that every list takes; `name__contains=…` and the like come on top, so query strings are open. */
export const paging = {
  limit: T.Optional(T.Integer({ minimum: 0 })),
  marker: T.Optional(T.String()),
  sort_key: T.Optional(T.String()),
  sort_dir: T.Optional(T.String()),
};

export const nameFilter = { name: T.Optional(T.String()) };
export const enabledFilter = { enabled: T.Optional(T.Union([WireBoolean, T.Literal('')])) };

/** A list's reply: `{ users: […], links: {…} }`. */
export function listOf<Key extends string, Entry extends TSchema>(key: Key, entry: Entry) {
  return T.Object({ ...({ [key]: T.Array(entry) } as { [K in Key]: ReturnType<typeof T.Array<Entry>> }), links: ListLinks, truncated: T.Optional(T.Boolean()) });
}

/** Attributes that a resource shows beside those it was given freely. */
export const shown = { id: T.String(), links: Links };


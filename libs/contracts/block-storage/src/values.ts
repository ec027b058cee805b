import { Nullable, T } from '@virga/contract';

export const Link = T.Object({ rel: T.String(), href: T.String() });
export const Links = T.Array(Link);

/** A name of anything: Cinder takes what fits, white space at the ends included. */
export const Name = Nullable(T.String({ maxLength: 255 }));
export const Description = Nullable(T.String({ maxLength: 255 }));

const METADATA_KEY = '^[a-zA-Z0-9-_:. /]{1,255}$';
/** Keys and values that users attach to volumes, snapshots and backups. */
export const Metadata = T.Record(T.String({ pattern: METADATA_KEY }), T.String({ maxLength: 255 }), { additionalProperties: false });

/** Any texts by name: what a reply shows, and what images say of themselves. */
export const TextMap = T.Record(T.String(), T.String());

/** A whole number of GiB, also as text: what older clients send. */
export const Gibibytes = T.Union([T.Integer({ minimum: 0, maximum: 2_147_483_647 }), T.String({ pattern: '^[0-9]{1,10}$' })]);

/** One or several values of a query parameter. */
export const Texts = T.Union([T.String(), T.Array(T.String())]);

/** A time as Cinder writes it: UTC, with microseconds, and without saying so. */
export const BareTime = T.String();

/** The body of an action that says nothing but its name; what stands there is ignored. */
export const Nothing = T.Unknown();

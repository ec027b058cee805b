import { Nullable, T } from '@virga/contract';

export const Link = T.Object({ rel: T.String(), href: T.String() });
export const Links = T.Array(Link);

/** A name that a request must give. */
export const Name = T.String({ minLength: 1, maxLength: 255 });

/** Text without control characters. */
export const Text255 = T.String({ maxLength: 255, pattern: String.raw`^[^\p{C}\p{Zl}\p{Zp}]*$` });

/** What users attach to things: keys and values of up to 255 characters (Cinder's `extra_specs` parameter type). */
export const Metadata = T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' }), T.String({ maxLength: 255 }), { additionalProperties: false });

/** As Cinder shows times: UTC, microseconds, no zone. */
export const Time = T.String();

/** One or several values of a query parameter. */
export const Texts = T.Union([T.String(), T.Array(T.String())]);

/** A name or description that may be missing: of volumes, snapshots, backups. */
export const OptionalText = Nullable(T.String({ maxLength: 255 }));

/** Any texts by name: what a reply shows, and what images say of themselves. */
export const TextMap = T.Record(T.String(), T.String());

/** A whole number of GiB, also as text: what older clients send. */
export const Gibibytes = T.Union([T.Integer({ minimum: 0, maximum: 2_147_483_647 }), T.String({ pattern: '^[0-9]{1,10}$' })]);

import { closed, Nullable, T } from '@virga/contract';

const MAX_INTEGER = 2_147_483_647;

/** A name as Cinder takes it: white space at both ends is cut off by the service. */
export const Name = Nullable(T.String({ maxLength: 255 }));
export const Description = Nullable(T.String({ maxLength: 255 }));

/** Keys and values that users attach to volumes, snapshots and their like. */
export const Metadata = T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' }), T.String({ maxLength: 255 }), { additionalProperties: false });

/** The same of what an image says: values of any length. */
export const ImageMetadata = T.Record(T.String({ pattern: '^[a-zA-Z0-9-_:. /]{1,255}$' }), T.String({ maxLength: 65_535 }), { additionalProperties: false });

/** A size in gibibytes, also as text: what older clients send. */
export const Gibibytes = T.Union([T.Integer({ minimum: 1, maximum: MAX_INTEGER }), T.String({ pattern: '^0*[1-9][0-9]{0,8}$' })]);

/** A UUID as `oslo.utils` takes it. */
export const UuidText = T.String({ pattern: '^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$' });

/** A backend's name on the wire: `host@backend#pool`. */
export const BackendName = Nullable(T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9-._#@:/+\\[\\]]*$' }));

export const Link = closed({ rel: T.String(), href: T.String() });
export const Links = T.Array(Link);

/** One or several values of a query parameter. */
export const Texts = T.Union([T.String(), T.Array(T.String())]);

/** The body of an action that says nothing but its name; what stands there is ignored, as ever. */
export const Nothing = T.Unknown();

import { closed, Nullable, T } from '@virga/contract';

/** What Nova takes for a name: printable characters, no white space at either end. */
const PRINTABLE = String.raw`^(?!\p{Z})[^\p{C}\p{Zl}\p{Zp}]*(?<!\p{Z})$`;

export const Name = T.String({ minLength: 1, maxLength: 255, pattern: PRINTABLE });
export const Description = Nullable(T.String({ maxLength: 255, pattern: String.raw`^[^\p{C}\p{Zl}\p{Zp}]*$` }));

/** A single DNS label (RFC 1123). */
export const Hostname = T.String({ minLength: 2, maxLength: 63, pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$' });
/** A host's name as operators give it: Nova allows underscores. */
export const HostName = T.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9-._]*$' });

/** A UUID with dashes, as the formats of Nova's schemas want it; case and dashes are not checked there either. */
export const UuidText = T.String({ pattern: '^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$' });

/** A tag: neither slash nor comma, since they stand in paths and lists of tags. */
export const Tag = T.String({ minLength: 1, maxLength: 60, pattern: '^[^,/]*$' });
export const Tags = T.Array(Tag, { maxItems: 50 });

const METADATA_KEY = '^[a-zA-Z0-9-_:. ]{1,255}$';
export const MetadataValue = T.String({ maxLength: 255 });
/** Keys and values that users attach to a server. */
export const Metadata = T.Record(T.String({ pattern: METADATA_KEY }), MetadataValue, { additionalProperties: false });

/** A whole number from 1, also as text: what older clients send. */
export const Count = T.Union([T.Integer({ minimum: 1, maximum: 1_000_000 }), T.String({ pattern: '^0*[1-9][0-9]{0,5}$' })]);

export const DiskConfig = T.Enum(['AUTO', 'MANUAL']);
export const AdminPassword = T.String({ minLength: 1, maxLength: 255 });
/** Base64 as Python's decoder takes it: white space between characters is allowed. */
export const UserData = T.String({ maxLength: 65_535, pattern: '^[A-Za-z0-9+/=\\s]*$' });

export const AccessIpV4 = T.Union([T.String({ format: 'ipv4' }), T.String({ maxLength: 0 })]);
export const AccessIpV6 = T.Union([T.String({ format: 'ipv6' }), T.String({ maxLength: 0 })]);
export const IpAddress = T.Union([T.String({ format: 'ipv4' }), T.String({ format: 'ipv6' })]);

/** Files to place into a new server; until 2.56. */
export const Personality = T.Array(closed({ path: T.String(), contents: T.String({ pattern: '^[A-Za-z0-9+/=\\s]*$' }) }));

/** A flavor's id, or a link that ends in it. */
export const FlavorRef = T.Union([T.String({ minLength: 1, maxLength: 255 }), T.Integer({ minimum: 0, maximum: 2_147_483_647 })]);

export const Link = T.Object({ rel: T.String(), href: T.String() });
export const Links = T.Array(Link);

/** One or several values of a query parameter. */
export const Texts = T.Union([T.String(), T.Array(T.String())]);

/** The body of an action that says nothing but its name; what stands there is ignored, as ever. */
export const Nothing = T.Unknown();

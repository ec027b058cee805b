import { badRequest, preconditionFailed, SwiftFault } from '../faults/index.js';
import { decodedPath, quoted, type HeaderMap, type ObjectTarget } from '../request/index.js';

/** Where a symbolic link leads. With an etag it is static: it only ever gives what had that etag when it was made. */
export interface SymbolicLink {
  /** Percent-encoded `container/object`, as it is shown. */
  target: string;
  /** Percent-encoded; absent where the link stays in its account. */
  account?: string;
  etag?: string;
  /** The target's size when the link was made; with an etag only. */
  bytes?: number;
  /** Where the target is a static large object: its etag as one, which listings show. */
  sloEtag?: string;
}

export const LINK_CONTENT_TYPE = 'application/symlink';

/** How many links are followed from one to the next, as Swift's symloop_max. */
export const MAX_LINKS = 2;

/** Reads the headers of a PUT that makes a link, or undefined where it makes none. Throws 400 and 412 as Swift does. */
export function requestedLink(headers: HeaderMap, self: ObjectTarget): { link: SymbolicLink; target: ObjectTarget } | undefined {
  const header = headers['x-symlink-target'];
  if (header === undefined) return undefined;
  const { container, object } = splitTarget(decodedPath(header));
  const account = requestedAccount(headers['x-symlink-target-account']);
  const target = { account: account ?? self.account, container, object };
  if (target.account === self.account && container === self.container && object === self.object) throw badRequest('Symlink cannot target itself');
  const etag = requestedEtag(headers['x-symlink-target-etag']);
  const link = { target: quoted(`${container}/${object}`), ...(account !== undefined && { account: quoted(account) }), ...(etag !== undefined && { etag }) };
  return { link, target };
}

function requestedAccount(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const account = decodedPath(header);
  if (account === '' || account.includes('/')) throw preconditionFailed('Account name cannot contain slashes');
  return account;
}

/** These signs would not survive in the places where Swift's clients keep etags. */
function requestedEtag(header: string | undefined): string | undefined {
  const etag = header?.replace(/^"(.*)"$/, '$1') || undefined;
  if (etag !== undefined && /[;"\\]/.test(etag)) throw badRequest('Bad X-Symlink-Target-Etag format');
  return etag;
}

/** What the link leads to. `from` is the account that the link stands in. */
export function targetOfLink({ target, account }: SymbolicLink, from: string): ObjectTarget {
  const { container, object } = splitTarget(decodedPath(target));
  return { account: account === undefined ? from : decodedPath(account), container, object };
}

/** The path of what a link leads to, in the spelling that its headers have. */
export function locationOf({ target, account }: SymbolicLink, from: string): string {
  return `/v1/${account ?? quoted(from)}/${target}`;
}

/** The headers by which a link shows itself (`?symlink=get`). */
export function headersOfLink({ target, account, etag, bytes }: SymbolicLink): Record<string, string> {
  return {
    'x-symlink-target': target,
    ...(account !== undefined && { 'x-symlink-target-account': account }),
    ...(etag !== undefined && { 'x-symlink-target-etag': etag }),
    ...(bytes !== undefined && { 'x-symlink-target-bytes': String(bytes) }),
  };
}

function splitTarget(path: string): { container: string; object: string } {
  const slash = path.indexOf('/');
  const container = path.slice(0, Math.max(0, slash));
  const object = path.slice(slash + 1);
  if (container === '' || object === '') throw new SwiftFault(412, 'X-Symlink-Target header must be of the form <container name>/<object name>');
  return { container, object };
}

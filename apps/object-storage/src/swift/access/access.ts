import type { Caller } from '@virga/kernel';
import type { Container } from '../../containers/index.js';

/** What somebody is about to do. */
export interface Deed {
  /** The verb as it is judged: the two halves of a copy are a GET and a PUT. */
  method: string;
  account: string;
  /** The container's name, where it names one, and the container itself, where there is one: its ACLs decide. */
  containerName?: string;
  container?: Container | undefined;
  object?: string;
}

/** What the caller is to the account: an owner sees and sets ACLs, keys and quotas; a reseller administrates every account. */
export interface Standing {
  isOwner: boolean;
  isReseller: boolean;
}

/** What one request may do. Made from a token, from nobody's name, or from a proof in the request itself (temporary URL, form). */
export interface Access {
  /** Undefined for anonymous requests and for those that carry their own permission. */
  readonly caller: Caller | undefined;
  /** Throws 403 where the caller is known and 401 where not; answers what the caller is to the account. */
  require(deed: Deed): Promise<Standing>;
}

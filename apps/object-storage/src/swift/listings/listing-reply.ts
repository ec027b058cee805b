import type { FrontReply } from '../../front/index.js';
import type { ListingType } from './accept.js';

/** The answer to a GET of an account or container; an empty text listing is 204. */
export function listingReply(type: ListingType, body: string, headers: Record<string, string>, canVary: boolean): FrontReply {
  return {
    status: body === '' ? 204 : 200,
    headers: { ...listingHeaders(type, canVary), ...headers },
    ...(body !== '' && { body }),
  };
}

/** The answer to a HEAD: no body is made, so its length is not known. */
export function listingHead(type: ListingType, headers: Record<string, string>, canVary: boolean): FrontReply {
  return { status: 204, headers: { ...listingHeaders(type, canVary), ...headers } };
}

function listingHeaders(type: ListingType, canVary: boolean): Record<string, string> {
  return { 'content-type': `${type}; charset=utf-8`, 'accept-ranges': 'bytes', ...(canVary && { vary: 'Accept' }) };
}

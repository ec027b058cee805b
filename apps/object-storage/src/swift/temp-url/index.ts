export { DIGESTS, matchesAny, parseSignature } from './digest.js';
export { TempUrlKeys } from './keys.js';
export { KeyedAccess, TempUrlAccess } from './temp-url-access.js';
export { DROPPED_HEADERS, TEMP_URL_METHODS, TempUrls } from './temp-urls.js';

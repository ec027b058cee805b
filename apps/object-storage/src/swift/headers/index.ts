export { expiryOf } from './expiry.js';
export { metadataChange, requireLimits, systemChange, userMetadata, type Noun } from './metadata-rules.js';
export { isObjectHeader, objectMetadata, requireContentType } from './object-headers.js';
export { forStanding } from './owner-headers.js';
export { httpDate, listingTime, timestampHeader, wholeSeconds } from './times.js';

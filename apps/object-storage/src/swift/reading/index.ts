export { conditionalStatus, etagsOf } from './conditions.js';
export { contentHeaders, contentReply } from './content-reply.js';
export { wantedRanges, type Wanted } from './ranges.js';
export { cleanFlag, EtagQuotes } from './etag-quotes.js';

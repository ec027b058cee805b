export { bareTime, bareTimeOrNull } from './times.js';
export { linksTo, nextLinks, type Link } from './links.js';
export { MarkerUnknown, offsetPage, type OffsetPage, type PageQuery } from './paging.js';

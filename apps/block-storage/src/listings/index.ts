export { last, listingOf, type ListFilter, type Listing, type ListingRules } from './listing.js';
export { conditionsOf, orderOf, type ListedColumn, type ListedColumns } from './list-query.js';
export { textMapOf } from './text-map.js';

export { booleanFilter, isFlagged, textFilters, textOf, type Query } from './filters.js';
export { linkTo, listed, listFrame, pageClauses, pageOf, type Listed, type Page } from './page.js';
export { changedOptions, extraOf, wireTime, type Attributes } from './attributes.js';
export { futureTime } from './instant-text.js';
export { Immutable, Missing, requireUnchanged, Unknown, type Kind } from './faults.js';

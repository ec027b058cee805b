export { MAX_PAGE, MarkerUnknown, nextLinks } from './lists.js';
export { bareTime, bareTimeOrNull } from './times.js';
export { numericId, wholeNumber } from './numbers.js';

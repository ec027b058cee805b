export { fieldsOf, listRequest, type ListRequest } from './list-request.js';
export { InvalidInput, findRow, findRows, listRows, type Collection, type Condition, type FilterKind } from './collection.js';
export { page, pageLinks, visibleFields } from './links.js';
export { timestamp } from './timestamp.js';

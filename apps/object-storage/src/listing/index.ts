export { isSubdir, type ListQuery, type Subdir } from './list-query.js';
export { afterDelimiter, listArguments } from './list-arguments.js';
export { successor } from './successor.js';

export { withoutEnd, withoutEnds } from './trimming.js';

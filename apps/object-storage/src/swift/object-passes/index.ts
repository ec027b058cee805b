export { OBJECT_PASS_KEY, ObjectPasses } from './object-passes.js';

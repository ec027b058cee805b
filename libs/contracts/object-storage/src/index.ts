export { OBJECT_PASS, issueObjectPass, readObjectPass, type ObjectPass, type PassedObjects } from './object-pass.js';

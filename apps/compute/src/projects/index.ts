export { Projects, ProjectUnknown } from './projects.js';

export { Projects } from './projects.js';

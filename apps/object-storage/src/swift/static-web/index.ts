export { StaticSites } from './static-sites.js';

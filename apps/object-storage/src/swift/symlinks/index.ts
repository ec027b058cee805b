export { headersOfLink, locationOf, type SymbolicLink } from './link.js';
export { Links, type Followed, type Found } from './links.js';

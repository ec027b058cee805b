export { headersOfLink, locationOf, MAX_LINKS, type SymbolicLink } from './link.js';
export { LinkPosts } from './link-posts.js';
export { Links, type Followed, type Found } from './links.js';

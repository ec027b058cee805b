export { listingType, type ListingType } from './accept.js';
export { accountListing, containerListing, type ContainerEntry } from './format.js';
export { listingHead, listingReply } from './listing-reply.js';
export { listRequest } from './list-request.js';

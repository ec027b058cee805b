import * as endpoints from './endpoints.js';
import * as rules from './rules.js';

export { BootImage, abandonImage, describeImage, prepareImage } from './messages.js';
export { TICKET_HEADER, ticketKey, issueTicket, issueUploadTicket, isTicketValid, type TicketPurpose } from './ticket.js';
export { DISK_FORMATS, CONTAINER_FORMATS, VISIBILITIES } from './image.schema.js';
export * as images from './endpoints.js';
export * as rules from './rules.js';

/** Every endpoint of the image service, by name. */
export const imageEndpoints = { ...endpoints };

const { baseRules, ...own } = rules;
/** Every rule of the image service. */
export const imageRules = [...baseRules, ...Object.values(own)];

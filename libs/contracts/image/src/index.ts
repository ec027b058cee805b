export { BootImage, describeImage } from './messages.js';
export { TICKET_HEADER, ticketKey, issueTicket, isTicketValid } from './ticket.js';

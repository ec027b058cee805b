export { TicketAuthenticator } from './ticket-authenticator.js';
export { Tickets } from './tickets.js';

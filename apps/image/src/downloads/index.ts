export { DownloadsController } from './downloads.controller.js';
export { DownloadsService } from './downloads.service.js';
export { TicketAuthenticator } from './ticket-authenticator.js';
export { Tickets } from './tickets.js';
export { DownloadsModule } from './downloads.module.js';

export { ServersModule } from './servers.module.js';
export { ServersRepository, ServerUnknown } from './servers.repository.js';
export { ServerDetailsRepository, type ServerDetails } from './server-details.repository.js';
export { ServerAccess } from './server-access.js';
export { ServerRequestRow, ServerRow } from './server.row.js';
export { TICKET_KEY } from './host-commands.js';
export type { Server, ServerState, ServerTask } from './server.js';
export type { ServerRequest } from './server-request.js';
export { overtakes } from './overtakes.js';

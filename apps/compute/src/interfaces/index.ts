export { InterfacesRepository, type Interface, type ShownNic } from './interfaces.repository.js';
export { NicEvents } from './nic-events.js';
export { InterfacesModule } from './interfaces.module.js';
export { ServerNicRow } from './server-nic.row.js';

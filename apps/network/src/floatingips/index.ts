export { FloatingIpsController } from './floatingips.controller.js';
export { FloatingIpParts, FloatingIpsService, FloatingPorts } from './floatingips.service.js';
export { FloatingIpsRepository } from './floatingips.repository.js';
export { FloatingIpAssociation } from './association.js';
export { FloatingIpRow } from './floatingip.row.js';
export { FloatingIPNotFound } from './floatingip.js';

export { ZONE, requireZones } from './zones.js';
export { AvailabilityController } from './availability.controller.js';
export { IpAvailabilityRepository } from './ip-availability.repository.js';
export { IpAvailabilityService } from './ip-availability.service.js';

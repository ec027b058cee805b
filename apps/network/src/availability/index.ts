export { ZONE, requireZones } from './zones.js';

export { ZonesModule } from './zones.module.js';

export { ExternalEventsModule } from './external-events.module.js';

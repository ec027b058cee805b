export { NicEvents, type LostNic } from './nic-events.js';
export { NicFactsRepository } from './nic-facts.repository.js';

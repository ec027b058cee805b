export { AgentsController } from './agents.controller.js';

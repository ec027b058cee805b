export { Agent, type AgentParts } from './agent.js';

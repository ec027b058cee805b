export * from './messages.js';
export * from './agent-messages.js';

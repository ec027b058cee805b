export { Tasks, type TaskCommand, type TaskContext, type TaskOutcome, type TaskWork } from './tasks.js';
export { DurableDirectory } from './durable-directory.js';
export { Slots } from './slots.js';

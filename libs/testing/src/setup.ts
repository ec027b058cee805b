import { endAll } from './endings.js';

// Made outside of every `describe`: it runs after all hooks that stand in one.
afterAll(endAll);

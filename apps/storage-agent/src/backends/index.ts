export { BackendWhenOpen } from './backend-when-open.js';
export { Backends, type NamedBackend } from './backends.js';

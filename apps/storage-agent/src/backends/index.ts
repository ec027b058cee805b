export { Backends, type NamedBackend } from './backends.js';

export { MetadataPorts } from './metadata-ports.js';

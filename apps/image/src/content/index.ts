export { ContentRefused, type Inspection } from './inspect.js';
export { inspected } from './inspected-stream.js';

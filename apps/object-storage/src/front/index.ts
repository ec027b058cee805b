export type { FrontReply, FrontRequest, ObjectApi } from './front.js';
export { FrontServer } from './front-server.js';
export { FRONT, frontLimits, type FrontLimits, type FrontOptions } from './front-options.js';

export type { FrontReply, FrontRequest, ObjectApi } from './front.js';

import type { FrontReply } from '../../front/index.js';
import type { SwiftRequest } from '../request/index.js';

/** How a request is answered by what it names. Throws what refuses it. */
export type Answer = (request: SwiftRequest) => Promise<FrontReply>;

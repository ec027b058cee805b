import type { Readable } from 'node:stream';
import type { FrontRequest } from '../../front/index.js';
import type { Access } from '../access/access.js';
import type { HeaderMap } from './header-map.js';
import type { ContainerTarget, ObjectTarget, Target } from './target.js';

/**
 * A storage request that has been let in: what it names, who asks, and what they may do. Features that make further requests
 * of it (a copy's PUT, an archive's members) spread it and replace `method`, `target`, `headers`, `query` or `body`.
 */
export interface SwiftRequest<Named extends Target = Target> {
  readonly front: FrontRequest;
  /** The X-Trans-Id of the answer; begins with the digits of the front's request id. */
  readonly transactionId: string;
  readonly method: string;
  readonly target: Named;
  readonly headers: HeaderMap;
  readonly query: URLSearchParams;
  readonly body: Readable;
  readonly access: Access;
  /** When it came, in milliseconds. */
  readonly startedAt: number;
}

export type ContainerRequest = SwiftRequest<ContainerTarget>;
export type ObjectRequest = SwiftRequest<ObjectTarget>;

export function namesObject(request: SwiftRequest): request is ObjectRequest {
  return request.target.object !== undefined;
}

export function namesContainer(request: SwiftRequest): request is ContainerRequest {
  return request.target.container !== undefined && request.target.object === undefined;
}

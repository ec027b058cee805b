import type { ListenAddress } from '@virga/http';
import { minutes, seconds, type Duration } from '@virga/kernel';
import type { ObjectApi } from './front.js';

/** The injection token of the `FrontOptions`. */
export const FRONT = Symbol('Front');

export interface FrontLimits {
  /**
   * From a connection's first byte to the end of the headers. Too low: clients on bad lines fail. Too high: clients that
   * never finish hold connections that long.
   */
  headersMs: Duration;
  /** Without a byte of a body in either direction. Too low: a client that computes while it sends is cut off; too high: as above. */
  idleMs: Duration;
  /** Between requests; longer than the minute that balancers in front of us usually wait. */
  keepAliveMs: Duration;
}

export interface FrontOptions {
  listen: ListenAddress;
  limits: FrontLimits;
  apis: { swift: ObjectApi; s3: ObjectApi };
}

export const frontLimits: FrontLimits = { headersMs: seconds(30), idleMs: minutes(1), keepAliveMs: seconds(65) };

/** An answer that ends a request early, worded as Swift words it. */
export class SwiftFault extends Error {
  readonly headers: Readonly<Record<string, string>>;
  readonly contentType: string;

  /**
   * @param words what the caller reads; without it, Swift's page for the status
   * @param options `contentType` is text/plain for words unless told
   */
  constructor(readonly status: number, readonly words?: string, options: { headers?: Record<string, string>; contentType?: string } = {}) {
    super(words ?? `status ${status}`);
    this.name = 'SwiftFault';
    this.headers = options.headers ?? {};
    this.contentType = options.contentType ?? (words === undefined ? 'text/html; charset=UTF-8' : 'text/plain; charset=UTF-8');
  }
}

export const badRequest = (words?: string): SwiftFault => new SwiftFault(400, words);
export const notFound = (): SwiftFault => new SwiftFault(404);
export const preconditionFailed = (words?: string): SwiftFault => new SwiftFault(412, words);

/** The methods of a resource, as the Allow header lists them. */
export const methodNotAllowed = (allowed: readonly string[]): SwiftFault =>
  new SwiftFault(405, undefined, { headers: { allow: allowed.join(', ') } });

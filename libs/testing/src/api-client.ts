/** What a test sends; `as` is a persona's name, absent for no token. */
export interface ApiRequest {
  as?: string;
  method: string;
  url: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface ApiAnswer {
  status: number;
  headers: Record<string, unknown>;
  /** Parsed where it is JSON, text otherwise, undefined where empty. */
  body: unknown;
}

/** The part of Fastify's server that in-process requests need. */
interface Injectable {
  inject(options: { method: string; url: string; headers: Record<string, string>; payload?: string | Buffer }): Promise<{ statusCode: number; headers: Record<string, unknown>; body: string }>;
}

/** Sends requests to a server in this process. */
export function apiClient(server: () => unknown): (request: ApiRequest) => Promise<ApiAnswer> {
  return async ({ as, method, url, body, headers }) => {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    const answer = await (server() as Injectable).inject({
      method, url,
      headers: {
        ...(as !== undefined && { 'x-auth-token': as }),
        ...(body !== undefined && !isRaw && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: isRaw ? body as string | Buffer : JSON.stringify(body) }),
    });
    return { status: answer.statusCode, headers: answer.headers, body: parsed(answer.body, String(answer.headers['content-type'] ?? '')) };
  };
}

function parsed(text: string, type: string): unknown {
  if (text === '') return undefined;
  return type.includes('json') ? JSON.parse(text) : text;
}

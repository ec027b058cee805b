import type { RequestFacts } from '@virga/contract';
import { Conflict, Forbidden, Invalid, NotFound, OverLimit, Unauthenticated, Unavailable, type Caller, type Fault } from '@virga/kernel';

/** Who asks, and until when. */
export interface OnBehalf {
  caller: Caller;
  request: Pick<RequestFacts, 'signal'>;
}

type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * How long a peer may take for one answer.
 *
 * Too short: slow but healthy answers become 503. Too long: callers wait for a service that is not there.
 */
const DEADLINE_MS = 10_000;

/** Another service of the cloud through its public API, asked in the caller's name: it decides itself what the caller may do. */
export class Peer {
  constructor(private readonly name: string, private readonly baseUrl: string) {}

  get(by: OnBehalf, path: string, query: Query = {}): Promise<Record<string, unknown>> {
    return this.ask(by, 'GET', path + queryString(query));
  }

  post(by: OnBehalf, path: string, body: unknown): Promise<Record<string, unknown>> {
    return this.ask(by, 'POST', path, body);
  }

  put(by: OnBehalf, path: string, body: unknown): Promise<Record<string, unknown>> {
    return this.ask(by, 'PUT', path, body);
  }

  /** `type` is the content type of this service's patches. */
  patch(by: OnBehalf, path: string, body: unknown, type: string): Promise<Record<string, unknown>> {
    return this.ask(by, 'PATCH', path, body, type);
  }

  /** Sends no bytes where bytes are expected, in our own name: `headers` say why we may. Throws the peer's fault. */
  async putNothing(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const answer = await this.fetched(this.baseUrl + path, {
      method: 'PUT', body: '', headers: { ...headers, 'content-type': 'application/octet-stream' }, signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
    });
    if (answer.status >= 300) throw this.fault(answer.status, answer.code, answer.body);
  }

  async delete(by: OnBehalf, path: string): Promise<void> {
    await this.ask(by, 'DELETE', path);
  }

  /** Throws the fault that the peer's status means, in the peer's words; `Unavailable` where it does not answer. */
  private async ask({ caller, request }: OnBehalf, method: string, path: string, body?: unknown, type = 'application/json'): Promise<Record<string, unknown>> {
    const answer = await this.fetched(this.baseUrl + path, {
      method, signal: AbortSignal.any([request.signal, AbortSignal.timeout(DEADLINE_MS)]),
      headers: {
        'x-auth-token': caller.token, 'x-openstack-request-id': caller.requestId, accept: 'application/json', ...(body !== undefined && { 'content-type': type }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (answer.status < 300) return (answer.body ?? {}) as Record<string, unknown>;
    throw this.fault(answer.status, answer.code, answer.body);
  }

  private async fetched(url: string, options: RequestInit): Promise<{ status: number; code: string; body: unknown }> {
    try {
      const response = await fetch(url, options);
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json') === true && text !== '';
      return { status: response.status, code: response.headers.get('x-virga-fault-code') ?? '', body: isJson ? JSON.parse(text) : undefined };
    } catch (error) {
      throw new Unavailable(`compute.${this.name}.unreachable`, `The ${this.name} service cannot be reached right now.`, { cause: error });
    }
  }

  private fault(status: number, code: string, body: unknown): Fault {
    const faultCode = code === '' ? `${this.name}.refused` : code;
    const message = messageOf(body) ?? `The ${this.name} service refused the request.`;
    if (faultCode === 'quota.exceeded' || typeOf(body) === 'OverQuota') return new OverLimit(faultCode, message);
    if (status === 401) return new Unauthenticated(faultCode, message);
    if (status === 403) return new Forbidden(faultCode, message);
    if (status === 404) return new NotFound(faultCode, message);
    if (status === 409) return new Conflict(faultCode, message);
    if (status < 500) return new Invalid(faultCode, message);
    return new Unavailable(`compute.${this.name}.unreachable`, `The ${this.name} service cannot answer right now.`);
  }
}

function queryString(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [value].flat().map((each): [string, string] => [name, each as string])));
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

/** A Neutron or Glance error's text. */
function messageOf(body: unknown): string | undefined {
  const { NeutronError: neutron, message } = (body ?? {}) as { NeutronError?: { message?: unknown }; message?: unknown };
  const found = neutron?.message ?? message;
  return typeof found === 'string' ? found : undefined;
}

function typeOf(body: unknown): unknown {
  return ((body ?? {}) as { NeutronError?: { type?: unknown } }).NeutronError?.type;
}

/** For a peer's faults: what it calls a conflict (in use, there already) Nova's older clients know as a wrong request. */
export function wrongRequest(error: unknown): never {
  if (error instanceof Conflict) throw new Invalid(error.code, error.message, { cause: error });
  throw error;
}

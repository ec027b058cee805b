import { StepFailed } from '../../steps.mjs';

export interface Credentials {
  authUrl: string;
  userName: string;
  password: string;
  projectName: string;
}

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  body?: unknown;
  headers?: Record<string, string>;
}

/** The public APIs as one user sees them. Every reply that is not a success throws, with what the service said. */
export class Api {
  private constructor(private readonly token: string, readonly projectId: string) {}

  /** Logs in with a password, scoped to a project of the domain Default. */
  static async login({ authUrl, userName, password, projectName }: Credentials): Promise<Api> {
    const domain = { name: 'Default' };
    const reply = await send(`${authUrl}/auth/tokens`, {
      method: 'POST',
      body: { auth: { identity: { methods: ['password'], password: { user: { name: userName, domain, password } } }, scope: { project: { name: projectName, domain } } } },
    });
    const { token } = (await reply.json()) as { token: { project: { id: string } } };
    return new Api(reply.headers.get('x-subject-token') ?? '', token.project.id);
  }

  /** The reply's JSON; undefined where it has no body. */
  async call<Reply>(url: string, request: ApiRequest = {}): Promise<Reply> {
    const reply = await send(url, { ...request, headers: { ...request.headers, 'X-Auth-Token': this.token } });
    const text = await reply.text();
    return (text === '' ? undefined : JSON.parse(text)) as Reply;
  }

  /** Sends a file's bytes. */
  async upload(url: string, file: Blob): Promise<void> {
    const headers = { 'Content-Type': 'application/octet-stream', 'X-Auth-Token': this.token };
    await requireSuccess(await fetch(url, { method: 'PUT', headers, body: file }), 'PUT', url);
  }
}

async function send(url: string, { method = 'GET', body, headers }: ApiRequest): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const reply = await fetch(url, { method, headers: { 'Content-Type': 'application/json', ...headers }, ...content, signal: AbortSignal.timeout(30_000) });
  return requireSuccess(reply, method, url);
}

async function requireSuccess(reply: Response, method: string, url: string): Promise<Response> {
  if (reply.ok) return reply;
  const requestId = reply.headers.get('x-openstack-request-id') ?? 'none';
  throw new StepFailed(`${method} ${url} was answered with ${reply.status} (request ${requestId}): ${(await reply.text()).slice(0, 500)}`,
    'npm run logs shows what the service says of this request.');
}

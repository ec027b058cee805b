import type { Answer, IdentityWorld } from './identity-world.js';

/** Requests with one token, each of which must end with a status. */
export function caller(world: IdentityWorld, token: string) {
  const call = (method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE') => async (path: string, status: number, body?: unknown): Promise<Answer['body']> => {
    const answer = await world.ask(token, method, path, body);
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return { get: call('GET'), head: call('HEAD'), post: call('POST'), put: call('PUT'), patch: call('PATCH'), delete: call('DELETE') };
}

export type TestCaller = ReturnType<typeof caller>;

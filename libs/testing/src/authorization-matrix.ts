import type { AnyEndpoint } from '@virga/contract';
import type { ApiAnswer, ApiRequest } from './api-client.js';
import { personaNames, type Persona } from './personas.js';

/** One endpoint's authorization: who may call it on what `given` makes, and what the others are told. */
export interface Scene<World> {
  /** Makes the target (owned by alice of project demo unless it says otherwise) and answers how it is addressed. Runs afresh for each persona. */
  given: (world: World, persona: Persona) => Promise<SceneRequest> | SceneRequest;
  /** These get past authorization. Any status but 401, 403 and 5xx (other than 501) will do, and 404 only where `mayMiss` says so. */
  allowed: readonly Persona[];
  /** These are told that there is no such thing (404). Everybody else is forbidden (403). */
  invisible?: readonly Persona[];
  /** An allowed caller may get 404 for another reason. */
  mayMiss?: boolean;
}

export interface SceneRequest {
  params?: Readonly<Record<string, string>>;
  query?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** The scene of each endpoint, by the endpoint's name in the service's record. */
export type Scenes<World> = Readonly<Record<string, Scene<World>>>;

export interface MatrixOptions<World> {
  basePath: string;
  endpoints: Readonly<Record<string, AnyEndpoint>>;
  scenes: Scenes<World>;
  world: () => World;
  request: (request: ApiRequest) => Promise<ApiAnswer>;
  /** The newest microversion's header, so that every endpoint can be reached; `until` endpoints get their own version. */
  versionHeader?: (version: string) => Record<string, string>;
  latest?: string;
}

/** The endpoints that need a token and have no scene: the list must be empty. */
export function uncovered(endpoints: Readonly<Record<string, AnyEndpoint>>, scenes: Scenes<never>): string[] {
  return Object.entries(endpoints).filter(([name, { spec }]) => spec.policy !== 'public' && scenes[name] === undefined).map(([name]) => name);
}

/** Declares the tests persona × endpoint: every cell of the matrix is one request against the running service. */
export function describeMatrix<World>(options: MatrixOptions<World>): void {
  describe('authorization', () => {
    it('covers every endpoint', () => {
      expect(uncovered(options.endpoints, options.scenes as Scenes<never>)).toEqual([]);
    });
    for (const [name, scene] of Object.entries(options.scenes)) {
      const contract = options.endpoints[name];
      if (contract === undefined) throw new Error(`The scene '${name}' belongs to no endpoint.`);
      it(`${name}: ${contract.spec.route}${contract.spec.action === undefined ? '' : ` ${contract.spec.action}`}`, async () => {
        expect(await outcomes(options, contract, scene)).toEqual(expected(scene));
      });
    }
  });
}

type Outcome = 'allowed' | 'forbidden' | 'invisible' | 'unauthenticated' | `unexpected ${string}`;

async function outcomes<World>(options: MatrixOptions<World>, contract: AnyEndpoint, scene: Scene<World>): Promise<Record<string, Outcome>> {
  const results: Record<string, Outcome> = {};
  for (const persona of personaNames) {
    const request = await scene.given(options.world(), persona);
    results[persona] = outcome(await options.request({ as: persona, ...addressed(options, contract, request) }), scene.allowed.includes(persona) && scene.mayMiss === true);
  }
  const request = await scene.given(options.world(), 'alice');
  results['nobody'] = outcome(await options.request(addressed(options, contract, request)), false);
  results['expiredToken'] = outcome(await options.request({ as: 'expired', ...addressed(options, contract, request) }), false);
  return results;
}

function expected<World>(scene: Scene<World>): Record<string, Outcome> {
  const cells = personaNames.map((persona): [string, Outcome] => {
    if (scene.allowed.includes(persona)) return [persona, 'allowed'];
    return [persona, scene.invisible?.includes(persona) === true ? 'invisible' : 'forbidden'];
  });
  return { ...Object.fromEntries(cells), nobody: 'unauthenticated', expiredToken: 'unauthenticated' };
}

function outcome({ status, body }: ApiAnswer, mayMiss: boolean): Outcome {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404 && !mayMiss) return 'invisible';
  // 501 is an answer: the caller may, and nobody can.
  return status >= 500 && status !== 501 ? `unexpected ${status} ${JSON.stringify(body)?.slice(0, 200)}` : 'allowed';
}

function addressed<World>(options: MatrixOptions<World>, contract: AnyEndpoint, request: SceneRequest): Omit<ApiRequest, 'as'> {
  const path = contract.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(request.params?.[name] ?? 'unknown'));
  const version = contract.spec.until ?? options.latest;
  return {
    method: contract.method,
    url: (contract.spec.atRoot === true ? '' : options.basePath) + path + (request.query === undefined ? '' : `?${request.query}`),
    ...(request.body !== undefined && { body: request.body }),
    headers: { ...(version !== undefined && options.versionHeader?.(version)), ...request.headers },
  };
}

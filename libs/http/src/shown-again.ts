import { Readable } from 'node:stream';
import { isReply, isWithin, type AnyEndpoint, type InputOf, type VersionNumber } from '@virga/contract';
import { Bug } from '@virga/kernel';
import type { MadeThing, StoredReply } from './idempotency.js';
import type { BoundEndpoint } from './versioned-endpoint.js';

/**
 * Answers repetitions of creations whose first answer was lost, by the endpoint that shows what was made.
 *
 * Only endpoints that say so (`isShownAgain`) are answered in this way: what is shown is the thing as it is now, in the
 * shape and with the status of the creation, and through the policy of showing.
 */
export class ShownAgain {
  private readonly showing = new Map<AnyEndpoint, readonly BoundEndpoint[]>();

  constructor(bound: readonly BoundEndpoint[]) {
    for (const { contract } of bound.filter((endpoint) => endpoint.contract.spec.isShownAgain === true)) {
      const shows = bound.filter((other) => other.contract.method === 'GET' && isBelow(contract.path, other.contract.path));
      if (shows.length === 0) throw new Bug('endpoint.shown-again', `${contract.spec.route} is shown again, but nothing shows what it makes.`);
      this.showing.set(contract, shows);
    }
  }

  /** The answer for what a lost request made; undefined where the endpoint has no such answer or several things were made. */
  async answer(endpoint: BoundEndpoint, input: InputOf<AnyEndpoint>, made: readonly MadeThing[]): Promise<StoredReply | undefined> {
    const { contract } = endpoint;
    const show = this.showing.get(contract)?.find((candidate) => isWithin(input.version, candidate.contract.spec));
    const parameter = show?.contract.parameters.at(-1);
    const id = parameter === undefined ? undefined : onlyId(made, parameter.replace(/_id$/, ''));
    if (show === undefined || parameter === undefined || id === undefined) return undefined;
    const result: unknown = await show.handler({ ...input, params: { ...input.params, [parameter]: id }, query: {} as never, body: undefined as never });
    const body: unknown = isReply(result) ? result.body : result;
    return isOfSeveral(input.body, body) ? undefined : shown(endpoint, body, input.version);
  }
}

function shown(endpoint: BoundEndpoint, body: unknown, version: VersionNumber): StoredReply | undefined {
  if (body === undefined || body instanceof Readable) return undefined;
  return { status: endpoint.contract.statusAt(version), headers: {}, body: endpoint.at(version).shape(body) };
}

/** Whether the request was one for several things at once (`{ networks: [ … ] }`), whose answer has another shape. */
function isOfSeveral(asked: unknown, body: unknown): boolean {
  const names = new Set(Object.keys(body ?? {}));
  return Object.entries(asked ?? {}).some(([name, value]) => Array.isArray(value) && !names.has(name));
}

/** Whether a path is another one with one parameter more. */
function isBelow(path: string, longer: string): boolean {
  return longer.startsWith(`${path}/`) && /^\{\w+\}$/.test(longer.slice(path.length + 1));
}

/** The id of the one thing: the row of the table that the parameter is named after, else of the first table of all. */
function onlyId(made: readonly MadeThing[], name: string): string | undefined {
  const table = made.some((row) => row.table === name) ? name : made[0]?.table;
  const ids = made.filter((row) => row.table === table).map(({ id }) => id);
  return ids.length === 1 ? ids[0] : undefined;
}

import { isWithin, type VersionNumber } from '@virga/contract';
import { Invalid, NotFound } from '@virga/kernel';
import type { BoundEndpoint } from './versioned-endpoint.js';

/** All endpoints of one method and path: the version, and for actions the body's key, choose among them. */
export class RouteGroup {
  private readonly plain: BoundEndpoint[] = [];
  private readonly actions = new Map<string, BoundEndpoint[]>();

  constructor(readonly method: string, readonly path: string) {}

  add(endpoint: BoundEndpoint): void {
    const { action } = endpoint.contract.spec;
    if (action === undefined) this.plain.push(endpoint);
    else this.actions.set(action, [...(this.actions.get(action) ?? []), endpoint]);
  }

  /** The endpoint for this version and body, or a fault that says what there is. */
  choose(version: VersionNumber, body: unknown): BoundEndpoint {
    const candidates = this.actions.size === 0 ? this.plain : this.actionOf(body);
    const chosen = candidates.find(({ contract }) => isWithin(version, contract.spec));
    if (chosen !== undefined) return chosen;
    throw new NotFound('request.endpoint.unknown', 'The resource could not be found.');
  }

  /** One that holds at any version: tells whether a route is public before the body is read. */
  get isPublic(): boolean {
    return [...this.plain, ...[...this.actions.values()].flat()].every(({ contract }) => contract.spec.policy === 'public');
  }

  private actionOf(body: unknown): BoundEndpoint[] {
    const keys = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : [];
    const named = keys.map((key) => this.actions.get(key)).find((found) => found !== undefined);
    if (named !== undefined && keys.length === 1) return named;
    if (keys.length > 1) throw new Invalid('request.action.several', `A request names one action, this one names ${keys.length}.`);
    throw new Invalid('request.action.unknown', `There is no such action: ${keys[0]?.slice(0, 60) ?? '(none)'}`);
  }
}

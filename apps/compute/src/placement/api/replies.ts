import { placement } from '@virga/contracts-compute';
import { reply, type Reply, type RequestFacts, type VersionNumber } from '@virga/contract';

const { placementVersions: versions } = placement;

/** A reply that says when its content last changed and that it must not be kept, from the version that does. */
export function fresh<Body>(body: Body, { version, modified, headers = {}, status }: { version: VersionNumber; modified: Date; headers?: Record<string, string>; status?: number }): Reply<Body> {
  const caching = version >= versions.lastModified ? { 'last-modified': modified.toUTCString(), 'cache-control': 'no-cache' } : {};
  return reply(body, { headers: { ...headers, ...caching }, ...(status !== undefined && { status }) });
}

/** Links without host: clients of Placement resolve them against its endpoint. */
export function providerLinks(uuid: string, version: VersionNumber): { rel: string; href: string }[] {
  const path = `/resource_providers/${uuid}`;
  const parts = [
    'inventories', 'usages',
    ...(version >= versions.aggregateLinks ? ['aggregates'] : []),
    ...(version >= versions.traitLinks ? ['traits'] : []),
    ...(version >= versions.allocationLinks ? ['allocations'] : []),
  ];
  return [{ rel: 'self', href: path }, ...parts.map((rel) => ({ rel, href: `${path}/${rel}` }))];
}

export function location({ baseUrl }: RequestFacts, path: string): Record<string, string> {
  return { location: baseUrl + path };
}

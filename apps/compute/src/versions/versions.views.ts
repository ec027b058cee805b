import type { OutputOf, Reply, RequestFacts } from '@virga/contract';
import { COMPUTE_VERSIONS, type showComputeVersion } from '@virga/contracts-compute';

type View = Exclude<OutputOf<typeof showComputeVersion>, void | Reply<unknown>>['version'];

/** The API of old: what speaks to it is answered as by the oldest microversion. */
export function version20({ baseUrl }: RequestFacts): View {
  return { id: 'v2.0', status: 'SUPPORTED', version: '', min_version: '', updated: '2011-01-21T11:33:21Z', links: [{ rel: 'self', href: `${baseUrl}/v2/` }] };
}

export function version21({ baseUrl }: RequestFacts): View {
  const { min, max } = COMPUTE_VERSIONS;
  return { id: 'v2.1', status: 'CURRENT', version: max, min_version: min, updated: '2013-07-23T11:33:21Z', links: [{ rel: 'self', href: `${baseUrl}/v2.1/` }] };
}

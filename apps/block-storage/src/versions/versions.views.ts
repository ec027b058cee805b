import type { OutputOf, Reply, RequestFacts } from '@virga/contract';
import { BLOCK_STORAGE_VERSIONS, type versions } from '@virga/contracts-block-storage';

type View = Exclude<OutputOf<typeof versions.showVersion>, void | Reply<unknown>>;

export function versionsView({ baseUrl }: RequestFacts): View {
  const { min, max } = BLOCK_STORAGE_VERSIONS;
  return {
    versions: [{
      id: 'v3.0', status: 'CURRENT', version: max, min_version: min, updated: '2022-03-30T00:00:00Z',
      links: [{ rel: 'describedby', href: 'https://docs.openstack.org/' }, { rel: 'self', href: `${baseUrl}/v3/` }],
      'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
    }],
  };
}

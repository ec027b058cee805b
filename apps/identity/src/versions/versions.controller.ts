import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import { listVersions, showVersion } from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';

@Controller()
export class VersionsController {
  @Endpoint(listVersions)
  list({ request }: InputOf<typeof listVersions>) {
    return { versions: { values: [versionView(request)] } };
  }

  @Endpoint(showVersion)
  show({ request }: InputOf<typeof showVersion>) {
    return { version: versionView(request) };
  }
}

/** Identity API 3.14: what clients learn what they may ask for from. */
function versionView(request: RequestFacts) {
  return {
    id: 'v3.14', status: 'stable', updated: '2020-04-07T00:00:00Z',
    links: [{ rel: 'self', href: `${request.baseUrl}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}

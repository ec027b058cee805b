import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { listComputeVersions, showComputeVersion, showComputeVersion2 } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { version20, version21 } from './versions.views.js';

@Controller()
export class VersionsController {
  @Endpoint(listComputeVersions)
  list({ request }: InputOf<typeof listComputeVersions>): OutputOf<typeof listComputeVersions> {
    return { versions: [version20(request), version21(request)] };
  }

  @Endpoint(showComputeVersion2)
  showOld({ request }: InputOf<typeof showComputeVersion2>): OutputOf<typeof showComputeVersion2> {
    return { version: { ...version20(request), 'media-types': mediaTypes('2') } };
  }

  @Endpoint(showComputeVersion)
  show({ request }: InputOf<typeof showComputeVersion>): OutputOf<typeof showComputeVersion> {
    return { version: { ...version21(request), 'media-types': mediaTypes('2.1') } };
  }
}

function mediaTypes(version: string): { base: string; type: string }[] {
  return [{ base: 'application/json', type: `application/vnd.openstack.compute+json;version=${version}` }];
}

import { Controller } from '@nestjs/common';
import { reply, type InputOf } from '@virga/contract';
import { images } from '@virga/contracts-image';
import { Endpoint } from '@virga/http';
import { NotFound, ownEntry } from '@virga/kernel';
import { Policy } from '@virga/policy';
import { SCHEMAS } from './schemas.js';

/** The versions whose behaviour the service has; clients look for the one called CURRENT. */
const VERSIONS = ['v2.15', 'v2.13', 'v2.12', 'v2.11', 'v2.10', 'v2.9', 'v2.8', 'v2.7', 'v2.5', 'v2.3', 'v2.2', 'v2.1', 'v2.0'];

function versionList(baseUrl: string) {
  return {
    versions: VERSIONS.map((id, index) => ({ id, status: index === 0 ? 'CURRENT' : 'SUPPORTED', links: [{ rel: 'self', href: `${baseUrl}/v2/` }] })),
  };
}

@Controller()
export class CatalogueController {
  constructor(private readonly policy: Policy) {}

  @Endpoint(images.listVersionsAtRoot)
  versionsAtRoot({ request }: InputOf<typeof images.listVersionsAtRoot>) {
    return versionList(request.baseUrl);
  }

  @Endpoint(images.listVersions)
  versions({ request }: InputOf<typeof images.listVersions>) {
    return versionList(request.baseUrl);
  }

  @Endpoint(images.showSchema)
  schema({ caller, params }: InputOf<typeof images.showSchema>) {
    this.policy.require(caller, images.showSchema.policy);
    const name = params['name'] as string;
    const schema = ownEntry(SCHEMAS, name);
    if (schema === undefined) throw new NotFound('image.schema.not-found', `There is no schema '${name.slice(0, 40)}'.`);
    return reply(schema as Record<string, unknown>);
  }

  @Endpoint(images.showImportMethods)
  importMethods({ caller }: InputOf<typeof images.showImportMethods>) {
    this.policy.require(caller, images.showImportMethods.policy);
    return { 'import-methods': { description: 'Import methods available.', type: 'array', value: [] } };
  }

  @Endpoint(images.showStores)
  stores({ caller }: InputOf<typeof images.showStores>) {
    this.policy.require(caller, images.showStores.policy);
    return { stores: [{ id: 'file', default: 'true' }] };
  }
}

import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { discoveryPolicy, listExtensions, listServiceProviders, showExtension, showVersion, showVersions } from '@virga/contracts-network';
import { NotFound, type Caller } from '@virga/kernel';
import { Endpoint } from '@virga/http';
import { Access } from '../access/index.js';
import { fieldsOf, visibleFields } from '../listing/index.js';
import { EXTENSIONS } from './extensions.js';

class ExtensionNotFound extends NotFound {
  constructor(alias: string) {
    super('network.extension.not-found', `Extension with alias ${alias} does not exist`);
  }
}

const NOTHING: ReadonlySet<string> = new Set();
const RESOURCES = ['network', 'subnet', 'subnetpool', 'port', 'router', 'floatingip', 'security_group', 'security_group_rule', 'quota', 'extension', 'agent'];

@Controller()
export class DiscoveryController {
  constructor(private readonly access: Access) {}

  @Endpoint(showVersions)
  versions({ request }: InputOf<typeof showVersions>): OutputOf<typeof showVersions> {
    return { versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${request.baseUrl}/v2.0/` }] }] };
  }

  @Endpoint(showVersion)
  version({ caller, request }: InputOf<typeof showVersion>): OutputOf<typeof showVersion> {
    this.require(caller);
    return {
      resources: RESOURCES.map((name) => {
        const collection = `${name.replaceAll('_', '-')}s`;
        return { name, collection, links: [{ rel: 'self', href: `${request.baseUrl}/v2.0/${collection}` }] };
      }),
    };
  }

  @Endpoint(listExtensions)
  list({ caller, query }: InputOf<typeof listExtensions>): OutputOf<typeof listExtensions> {
    this.require(caller);
    return { extensions: Object.keys(EXTENSIONS).map((alias) => visibleFields(extensionView(alias), fieldsOf(query), NOTHING)) };
  }

  @Endpoint(showExtension)
  show({ caller, params, query }: InputOf<typeof showExtension>): OutputOf<typeof showExtension> {
    this.require(caller);
    const alias = params['alias'] ?? '';
    if (!Object.hasOwn(EXTENSIONS, alias)) throw new ExtensionNotFound(alias);
    return { extension: visibleFields(extensionView(alias), fieldsOf(query), NOTHING) };
  }

  /** Routers are OVN's; there is no other provider to choose. */
  @Endpoint(listServiceProviders)
  serviceProviders({ caller, query }: InputOf<typeof listServiceProviders>): OutputOf<typeof listServiceProviders> {
    this.access.requireAct(caller, discoveryPolicy.serviceProviders, {});
    return { service_providers: [{ name: 'ovn', service_type: 'L3_ROUTER_NAT', default: true }].map((provider) => visibleFields(provider, fieldsOf(query), NOTHING)) };
  }

  private require(caller: Caller): void {
    this.access.requireAct(caller, discoveryPolicy.extensions, {});
  }
}

function extensionView(alias: string) {
  const { name = alias, description = '', updated = '' } = EXTENSIONS[alias] ?? {};
  return { alias, name, description, updated, links: [] };
}

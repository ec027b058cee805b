import type { OutputOf, Reply, RequestFacts, VersionNumber } from '@virga/contract';
import { flavors } from '@virga/contracts-compute';
import type { Flavor } from './flavor.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type FlavorView = Body<OutputOf<typeof flavors.showFlavor>>['flavor'];
type ReferenceView = Body<OutputOf<typeof flavors.listFlavors>>['flavors'][number];

/** What a reply depends on beside the flavor. */
export interface FlavorViewing {
  request: RequestFacts;
  version: VersionNumber;
  showsExtraSpecs: boolean;
}

export function flavorReference({ id, name, description }: Flavor, request: RequestFacts): ReferenceView {
  return { id, name, description, links: links(id, request) };
}

export function flavorView(flavor: Flavor, { request, version, showsExtraSpecs }: FlavorViewing): FlavorView {
  const hasNoSwap = flavor.swapMebibytes === 0 && version < flavors.flavorVersions.numericSwap;
  return {
    id: flavor.id, name: flavor.name, ram: flavor.memoryMebibytes, disk: flavor.rootGibibytes, vcpus: flavor.vcpus,
    swap: hasNoSwap ? '' : flavor.swapMebibytes,
    'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeralGibibytes, 'OS-FLV-DISABLED:disabled': flavor.isDisabled, 'os-flavor-access:is_public': flavor.isPublic,
    rxtx_factor: flavor.rxtxFactor, links: links(flavor.id, request), description: flavor.description,
    ...(showsExtraSpecs && { extra_specs: flavor.extraSpecs }),
  };
}

export function accessView(id: string, projects: readonly string[]): Body<OutputOf<typeof flavors.listFlavorAccess>> {
  return { flavor_access: projects.map((project) => ({ flavor_id: id, tenant_id: project })) };
}

function links(id: string, { baseUrl }: RequestFacts): { rel: string; href: string }[] {
  const path = encodeURIComponent(id);
  return [{ rel: 'self', href: `${baseUrl}/v2.1/flavors/${path}` }, { rel: 'bookmark', href: `${baseUrl}/flavors/${path}` }];
}

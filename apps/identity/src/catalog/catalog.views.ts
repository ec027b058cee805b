import type { RequestFacts } from '@virga/contract';
import { extraOf, linkTo, listFrame, type Attributes, type Listed } from '../listing/index.js';
import type { CatalogEndpoint, EndpointChange, Region, RegionChange, Service, ServiceChange } from './catalog.js';

export function serviceView(service: Service, request: RequestFacts) {
  return {
    ...service.extra,
    id: service.id, type: service.type, enabled: service.isEnabled,
    ...(service.name !== null && { name: service.name }), ...(service.description !== null && { description: service.description }),
    links: { self: linkTo(request, `services/${service.id}`) },
  };
}

export function serviceList(services: Listed<Service>, request: RequestFacts) {
  return { services: services.entries.map((service) => serviceView(service, request)), ...listFrame(request, services) };
}

export function serviceChange(body: Attributes): ServiceChange {
  const extra = extraOf(body, ['type', 'name', 'description', 'enabled']);
  return {
    ...(body['type'] !== undefined && { type: body['type'] as string }),
    ...(body['name'] !== undefined && { name: body['name'] as string }),
    ...(body['description'] !== undefined && { description: body['description'] as string | null }),
    ...(body['enabled'] !== undefined && { isEnabled: body['enabled'] as boolean }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

export function endpointView(endpoint: CatalogEndpoint, request: RequestFacts) {
  return {
    ...endpoint.extra,
    id: endpoint.id, service_id: endpoint.serviceId, interface: endpoint.interface, url: endpoint.url, region: endpoint.regionId, region_id: endpoint.regionId,
    enabled: endpoint.isEnabled, links: { self: linkTo(request, `endpoints/${endpoint.id}`) },
  };
}

export function endpointList(endpoints: Listed<CatalogEndpoint>, request: RequestFacts) {
  return { endpoints: endpoints.entries.map((endpoint) => endpointView(endpoint, request)), ...listFrame(request, endpoints) };
}

export function endpointChange(body: Attributes): EndpointChange {
  const extra = extraOf(body, ['service_id', 'interface', 'url', 'region', 'region_id', 'enabled']);
  const regionId = body['region_id'] ?? body['region'];
  return {
    ...(body['service_id'] !== undefined && { serviceId: body['service_id'] as string }),
    ...(body['interface'] !== undefined && { interface: body['interface'] as string }),
    ...(body['url'] !== undefined && { url: body['url'] as string }),
    ...(body['enabled'] !== undefined && { isEnabled: body['enabled'] as boolean }),
    ...((regionId !== undefined || body['region_id'] === null) && { regionId: (regionId as string | undefined) ?? null }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

export function regionView(region: Region, request: RequestFacts) {
  return {
    ...region.extra,
    id: region.id, description: region.description, parent_region_id: region.parentId, links: { self: linkTo(request, `regions/${encodeURIComponent(region.id)}`) },
  };
}

export function regionList(regions: Listed<Region>, request: RequestFacts) {
  return { regions: regions.entries.map((region) => regionView(region, request)), ...listFrame(request, regions) };
}

export function regionChange(body: Attributes): RegionChange {
  const extra = extraOf(body, ['description', 'parent_region_id']);
  return {
    ...(body['description'] !== undefined && { description: (body['description'] as string | null) ?? '' }),
    ...(body['parent_region_id'] !== undefined && { parentId: body['parent_region_id'] as string | null }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

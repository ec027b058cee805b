import { endpoint, Nullable, open, rule, T } from '@virga/contract';
import { Description, enabledFilter, Id, listOf, nameFilter, paging, shown } from './elements.js';
import { ADMIN_OR_SYSTEM_READER, adminRule, EVERY_SCOPE } from './rules.js';

export const Service = open({ ...shown, type: T.String(), name: T.Optional(Nullable(T.String())), description: T.Optional(Nullable(T.String())), enabled: T.Boolean() });
const ServiceView = T.Object({ service: Service });
const serviceAttributes = {
  name: T.Optional(T.String({ maxLength: 255 })), description: T.Optional(Description), enabled: T.Optional(T.Boolean()),
};
const ServiceType = T.String({ minLength: 1, maxLength: 255 });

export const createService = endpoint({
  route: 'POST /services', isShownAgain: true, summary: 'Create a service', body: open({ service: open({ type: ServiceType, ...serviceAttributes }) }), view: ServiceView, replies: 201,
  policy: adminRule('create_service', 'Create a service.'), cli: { command: 'service create' },
});
export const listServices = endpoint({
  route: 'GET /services', summary: 'List services', query: open({ ...paging, ...nameFilter, type: T.Optional(T.String()) }), view: listOf('services', Service), replies: 200,
  policy: adminRule('list_services', 'List services.', ADMIN_OR_SYSTEM_READER), cli: { command: 'service list', columns: ['id', 'name', 'type'] },
});
export const showService = endpoint({
  route: 'GET /services/{service_id}', summary: 'Show a service', view: ServiceView, replies: 200,
  policy: adminRule('get_service', 'Show a service.', ADMIN_OR_SYSTEM_READER), fails: ['identity.service.not-found'], cli: { command: 'service show' },
});
export const updateService = endpoint({
  route: 'PATCH /services/{service_id}', summary: 'Change a service', body: open({ service: open({ type: T.Optional(ServiceType), ...serviceAttributes }) }), view: ServiceView, replies: 200,
  policy: adminRule('update_service', 'Change a service.'), fails: ['identity.service.not-found'], cli: { command: 'service set' },
});
export const deleteService = endpoint({
  route: 'DELETE /services/{service_id}', summary: 'Delete a service and its endpoints', replies: 204,
  policy: adminRule('delete_service', 'Delete a service.'), fails: ['identity.service.not-found', 'identity.service.limits'], cli: { command: 'service delete' },
});

export const CatalogEndpoint = open({
  ...shown, service_id: T.String(), interface: T.String(), url: T.String(), region: Nullable(T.String()), region_id: Nullable(T.String()), enabled: T.Boolean(),
});
const EndpointView = T.Object({ endpoint: CatalogEndpoint });
const Interface = T.Enum(['admin', 'internal', 'public']);
const Url = T.String({ minLength: 1, maxLength: 2048, pattern: '^[a-zA-Z0-9+.-]+:.+' });
const endpointAttributes = {
  region_id: T.Optional(Nullable(T.String({ maxLength: 255 }))), region: T.Optional(T.String({ maxLength: 255 })), enabled: T.Optional(T.Boolean()),
  name: T.Optional(T.String({ maxLength: 255 })), description: T.Optional(Description),
};

export const createEndpoint = endpoint({
  route: 'POST /endpoints', isShownAgain: true, summary: 'Create an endpoint', body: open({ endpoint: open({ service_id: Id, interface: Interface, url: Url, ...endpointAttributes }) }), view: EndpointView, replies: 201,
  policy: adminRule('create_endpoint', 'Create an endpoint.'), fails: ['identity.endpoint.service', 'identity.endpoint.region'], cli: { command: 'endpoint create' },
});
export const listEndpoints = endpoint({
  route: 'GET /endpoints', summary: 'List endpoints',
  query: open({ ...paging, ...enabledFilter, interface: T.Optional(T.String()), service_id: T.Optional(T.String()), region_id: T.Optional(T.String()) }), view: listOf('endpoints', CatalogEndpoint), replies: 200,
  policy: adminRule('list_endpoints', 'List endpoints.', ADMIN_OR_SYSTEM_READER), cli: { command: 'endpoint list', columns: ['id', 'region', 'service_name', 'service_type', 'enabled', 'interface', 'url'] },
});
export const showEndpoint = endpoint({
  route: 'GET /endpoints/{endpoint_id}', summary: 'Show an endpoint', view: EndpointView, replies: 200,
  policy: adminRule('get_endpoint', 'Show an endpoint.', ADMIN_OR_SYSTEM_READER), fails: ['identity.endpoint.not-found'], cli: { command: 'endpoint show' },
});
export const updateEndpoint = endpoint({
  route: 'PATCH /endpoints/{endpoint_id}', summary: 'Change an endpoint',
  body: open({ endpoint: open({ service_id: T.Optional(Id), interface: T.Optional(Interface), url: T.Optional(Url), ...endpointAttributes }) }), view: EndpointView, replies: 200,
  policy: adminRule('update_endpoint', 'Change an endpoint.'), fails: ['identity.endpoint.not-found', 'identity.endpoint.service', 'identity.endpoint.region'], cli: { command: 'endpoint set' },
});
export const deleteEndpoint = endpoint({
  route: 'DELETE /endpoints/{endpoint_id}', summary: 'Delete an endpoint', replies: 204,
  policy: adminRule('delete_endpoint', 'Delete an endpoint.'), fails: ['identity.endpoint.not-found'], cli: { command: 'endpoint delete' },
});

export const Region = open({ ...shown, description: T.String(), parent_region_id: Nullable(T.String()) });
const RegionView = T.Object({ region: Region });
const regionAttributes = { description: T.Optional(Description), parent_region_id: T.Optional(Nullable(T.String({ maxLength: 255 }))) };
const RegionId = T.String({ maxLength: 255 });
const forAnyone = (name: string, describe: string) => rule(`identity:${name}`, { check: '', describe, scopes: EVERY_SCOPE });
const createRegionRule = adminRule('create_region', 'Create a region.');

export const createRegion = endpoint({
  route: 'POST /regions', isShownAgain: true, summary: 'Create a region', body: open({ region: open({ id: T.Optional(Nullable(RegionId)), ...regionAttributes }) }), view: RegionView, replies: 201,
  policy: createRegionRule, fails: ['identity.region.exists', 'identity.region.not-found'], cli: { command: 'region create' },
});
export const createRegionWithId = endpoint({
  route: 'PUT /regions/{region_id}', summary: 'Create a region with the given id', body: open({ region: open({ id: T.Optional(RegionId), ...regionAttributes }) }), view: RegionView, replies: 201,
  policy: createRegionRule, fails: ['identity.region.exists', 'identity.region.not-found'],
});
export const listRegions = endpoint({
  route: 'GET /regions', summary: 'List regions', query: open({ ...paging, parent_region_id: T.Optional(T.String()) }), view: listOf('regions', Region), replies: 200,
  policy: forAnyone('list_regions', 'List regions.'), cli: { command: 'region list', columns: ['region', 'parent_region', 'description'] },
});
export const showRegion = endpoint({
  route: 'GET /regions/{region_id}', summary: 'Show a region', view: RegionView, replies: 200,
  policy: forAnyone('get_region', 'Show a region.'), fails: ['identity.region.not-found'], cli: { command: 'region show' },
});
export const updateRegion = endpoint({
  route: 'PATCH /regions/{region_id}', summary: 'Change a region', body: open({ region: open(regionAttributes) }), view: RegionView, replies: 200,
  policy: adminRule('update_region', 'Change a region.'), fails: ['identity.region.not-found'], cli: { command: 'region set' },
});
export const deleteRegion = endpoint({
  route: 'DELETE /regions/{region_id}', summary: 'Delete a region without endpoints', replies: 204,
  policy: adminRule('delete_region', 'Delete a region.'), fails: ['identity.region.not-found', 'identity.region.endpoints'], cli: { command: 'region delete' },
});

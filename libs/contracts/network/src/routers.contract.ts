import { Nullable, T, closed, endpoint } from '@virga/contract';
import { Description, Hints, HostRoute, IpText, ListQuery, Name, PageLinks, ResourceId, ShowQuery, WireBoolean, ownerAttributes, standardView } from './attributes.js';
import { createRouterAttributeRules, getRouterAttributeRules, routersPolicy, updateRouterAttributeRules } from './rules/index.js';

const GatewayInfo = closed({
  network_id: T.Optional(Nullable(ResourceId)),
  enable_snat: T.Optional(WireBoolean),
  external_fixed_ips: T.Optional(T.Array(closed({ subnet_id: T.Optional(ResourceId), ip_address: T.Optional(IpText) }), { maxItems: 16 })),
});

const written = {
  name: T.Optional(Name),
  description: T.Optional(Description),
  admin_state_up: T.Optional(WireBoolean),
  external_gateway_info: T.Optional(Nullable(GatewayInfo)),
  distributed: T.Optional(WireBoolean),
  ha: T.Optional(WireBoolean),
};
const Routes = T.Array(HostRoute, { maxItems: 30 });

/** Forwards between networks, and to an external one with address translation: an OVN logical router. */
export const RouterView = T.Object({
  ...standardView,
  admin_state_up: T.Boolean(),
  status: T.String(),
  external_gateway_info: Nullable(T.Object({
    network_id: T.String(), enable_snat: T.Boolean(), external_fixed_ips: T.Array(T.Object({ subnet_id: T.String(), ip_address: T.String() })),
  })),
  routes: T.Array(T.Object({ destination: T.String(), nexthop: T.String() })),
  availability_zone_hints: T.Array(T.String()),
  availability_zones: T.Array(T.String()),
  flavor_id: T.Null(),
  distributed: T.Optional(T.Boolean()),
  ha: T.Optional(T.Boolean()),
});

export const RouterCreate = closed({ ...written, ...ownerAttributes, availability_zone_hints: Hints });
export const RouterUpdate = closed({ ...written, routes: T.Optional(Nullable(Routes)) });

const One = T.Object({ router: T.Partial(RouterView) });
const notFound = 'network.router.not-found';
const InterfaceBody = closed({ subnet_id: T.Optional(ResourceId), port_id: T.Optional(ResourceId) });
const InterfaceView = T.Object({
  id: T.String(), project_id: T.String(), tenant_id: T.String(), network_id: T.String(), port_id: T.String(), subnet_id: T.String(), subnet_ids: T.Array(T.String()), tags: T.Array(T.String()),
});
const RoutesBody = closed({ router: closed({ routes: Routes }) });

export const createRouter = endpoint({
  route: 'POST /routers', isShownAgain: true, summary: 'Create a router', body: closed({ router: RouterCreate }), view: One, replies: 201, policy: routersPolicy.create,
  alsoConsults: Object.values(createRouterAttributeRules), charges: { router: 1 }, fails: ['network.network.not-found'], cli: { command: 'router create', columns: ['id', 'name'] },
});
export const listRouters = endpoint({
  route: 'GET /routers', summary: 'List routers', query: ListQuery, view: T.Object({ routers: T.Array(T.Partial(RouterView)), routers_links: T.Optional(PageLinks) }),
  replies: 200, policy: routersPolicy.get, alsoConsults: Object.values(getRouterAttributeRules), cli: { command: 'router list', columns: ['id', 'name', 'status', 'admin_state_up'] },
});
export const showRouter = endpoint({
  route: 'GET /routers/{router_id}', summary: 'Show a router', query: ShowQuery, view: One, replies: 200, policy: routersPolicy.get, fails: [notFound], cli: { command: 'router show' },
});
export const updateRouter = endpoint({
  route: 'PUT /routers/{router_id}', summary: 'Change a router', body: closed({ router: RouterUpdate }), view: One, replies: 200, policy: routersPolicy.update,
  alsoConsults: [routersPolicy.get, ...Object.values(updateRouterAttributeRules)], fails: [notFound], cli: { command: 'router set' },
});
export const deleteRouter = endpoint({
  route: 'DELETE /routers/{router_id}', summary: 'Delete a router', replies: 204, policy: routersPolicy.delete, alsoConsults: [routersPolicy.get],
  fails: [notFound, 'network.router.in-use'], cli: { command: 'router delete' },
});
export const addRouterInterface = endpoint({
  route: 'PUT /routers/{router_id}/add_router_interface', summary: 'Connect a router to a subnet', body: InterfaceBody, view: InterfaceView, replies: 200,
  policy: routersPolicy.addInterface, alsoConsults: [routersPolicy.get], charges: { port: 1 }, fails: [notFound], cli: { command: 'router add subnet' },
});
export const removeRouterInterface = endpoint({
  route: 'PUT /routers/{router_id}/remove_router_interface', summary: 'Disconnect a router from a subnet', body: InterfaceBody, view: InterfaceView, replies: 200,
  policy: routersPolicy.removeInterface, alsoConsults: [routersPolicy.get], fails: [notFound], cli: { command: 'router remove subnet' },
});
export const addExtraRoutes = endpoint({
  route: 'PUT /routers/{router_id}/add_extraroutes', summary: 'Add routes to a router', body: RoutesBody, view: One, replies: 200,
  policy: routersPolicy.addExtraRoutes, alsoConsults: [routersPolicy.get], fails: [notFound], cli: { command: 'router add route' },
});
export const removeExtraRoutes = endpoint({
  route: 'PUT /routers/{router_id}/remove_extraroutes', summary: 'Take routes out of a router', body: RoutesBody, view: One, replies: 200,
  policy: routersPolicy.removeExtraRoutes, alsoConsults: [routersPolicy.get], fails: [notFound], cli: { command: 'router remove route' },
});

export const networkEndpointsOfRouters = {
  createRouter, listRouters, showRouter, updateRouter, deleteRouter, addRouterInterface, removeRouterInterface, addExtraRoutes, removeExtraRoutes,
};

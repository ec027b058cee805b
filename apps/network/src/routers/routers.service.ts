import { Inject, Injectable } from '@nestjs/common';
import { isTrue, type PolicyRule, type Static } from '@virga/contract';
import { createRouterAttributeRules, getRouterAttributeRules, routersPolicy, updateRouterAttributeRules, type RouterCreate, type RouterUpdate } from '@virga/contracts-network';
import { CLOCK, raise, type Caller, type Clock } from '@virga/kernel';
import { Database, json, type Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { Access, requireRevision } from '../access/index.js';
import { requireZones } from '../availability/index.js';
import type { ListRequest } from '../listing/index.js';
import { Realizer, RealizationRepository, units } from '../realization/index.js';
import { changeRow, given, lockRow, newStandard } from '../resources/index.js';
import { RouterGateway } from './router-gateway.js';
import { RouterInUse, RouterNotFound, keyOf, requireReachable, routesOf, type Route, type Router } from './router.js';
import { RoutersRepository } from './routers.repository.js';

export const routerTarget = (router: { project_id: string }) => ({ project_id: router.project_id, tenant_id: router.project_id });

/** The parts that change routers. */
@Injectable()
export class RouterParts {
  constructor(
    @Inject(Database) readonly db: Database, readonly quotas: Quotas, readonly realizations: RealizationRepository, readonly realizer: Realizer,
    @Inject(CLOCK) readonly clock: Clock,
  ) {}
}

@Injectable()
export class RoutersService {
  constructor(
    private readonly parts: RouterParts, private readonly routers: RoutersRepository, private readonly gateway: RouterGateway, private readonly access: Access,
  ) {}

  async create(caller: Caller, body: Static<typeof RouterCreate>): Promise<Router> {
    const { db, quotas, realizations, realizer, clock } = this.parts;
    const owner = this.access.ownerOf(caller, body);
    this.access.requireAct(caller, routersPolicy.create, { project_id: owner });
    this.access.requireAttributes(caller, createRouterAttributeRules, body, { project_id: owner });
    requireZones(body.availability_zone_hints ?? []);
    const row = {
      ...newStandard(owner, body.description, clock.now()), name: body.name ?? '', admin_state_up: isTrue(body.admin_state_up) ?? true, enable_snat: true, routes: [],
      is_distributed: isTrue(body.distributed) ?? false, is_ha: isTrue(body.ha) ?? false, availability_zone_hints: body.availability_zone_hints ?? [],
    };
    await db.transaction(async (tx) => {
      await quotas.charge(tx, { project: owner }, { router: 1 });
      await this.routers.insert(tx, row);
      if (body.external_gateway_info) await this.gateway.set(tx, caller, { ...row, gateway: null, status: 'BUILD' }, body.external_gateway_info);
      await realizations.changed(tx, units('router', [row.id]));
    });
    await realizer.settleNow(units('router', [row.id]));
    return this.get(row.id);
  }

  list(caller: Caller, request: ListRequest): Promise<Router[]> {
    return this.routers.list(request, this.access.scope(caller, routersPolicy.get));
  }

  async show(caller: Caller, id: string): Promise<Router> {
    const router = await this.get(id);
    this.access.require(caller, { see: routersPolicy.get }, routerTarget(router), () => new RouterNotFound(id));
    return router;
  }

  async update(caller: Caller, id: string, body: Static<typeof RouterUpdate>, revision: number | undefined): Promise<Router> {
    const target = routerTarget(await this.get(id));
    this.access.require(caller, { see: routersPolicy.get, act: routersPolicy.update }, target, () => new RouterNotFound(id));
    this.access.requireAttributes(caller, updateRouterAttributeRules, body, target);
    return this.change(id, async (tx, router) => {
      requireRevision(revision, router);
      if (body.external_gateway_info !== undefined) await this.gateway.set(tx, caller, router, body.external_gateway_info);
      const routes = body.routes === undefined ? undefined : await this.reachable(tx, id, routesOf(body.routes ?? []));
      await changeRow(tx, 'router', id, given({
        name: body.name, description: body.description, admin_state_up: isTrue(body.admin_state_up), is_distributed: isTrue(body.distributed), is_ha: isTrue(body.ha),
        routes: routes && json(routes),
      }), new Date(this.parts.clock.now()));
    });
  }

  /** Adds routes that are not there yet (extension extraroute-atomic). */
  addRoutes(caller: Caller, id: string, asked: readonly Route[]): Promise<Router> {
    return this.changeRoutes(caller, id, routersPolicy.addExtraRoutes, (present) => {
      const known = new Set(present.map(keyOf));
      return [...present, ...routesOf(asked).filter((route) => !known.has(keyOf(route)))];
    });
  }

  /** Takes out routes that are there. */
  removeRoutes(caller: Caller, id: string, asked: readonly Route[]): Promise<Router> {
    return this.changeRoutes(caller, id, routersPolicy.removeExtraRoutes, (present) => {
      const removed = new Set(routesOf(asked).map(keyOf));
      return present.filter((route) => !removed.has(keyOf(route)));
    });
  }

  async delete(caller: Caller, id: string, revision: number | undefined): Promise<void> {
    const before = await this.get(id);
    this.access.require(caller, { see: routersPolicy.get, act: routersPolicy.delete }, routerTarget(before), () => new RouterNotFound(id));
    const { db, realizations, realizer } = this.parts;
    await db.transaction(async (tx) => {
      await lockRow(tx, 'router', id);
      const router = await this.routers.find(tx, id) ?? raise(new RouterNotFound(id));
      requireRevision(revision, router);
      if (await this.routers.hasInterfaces(tx, id)) throw new RouterInUse(id);
      await this.gateway.clear(tx, router);
      await this.routers.delete(tx, id);
      await realizations.gone(tx, units('router', [id]));
    });
    await realizer.settleNow(units('router', [id]));
  }

  /** The attributes that the caller may not see. */
  hidden(caller: Caller): ReadonlySet<string> {
    return this.access.hidden(caller, getRouterAttributeRules);
  }

  private async changeRoutes(caller: Caller, id: string, act: PolicyRule, next: (present: readonly Route[]) => Route[]): Promise<Router> {
    this.access.require(caller, { see: routersPolicy.get, act }, routerTarget(await this.get(id)), () => new RouterNotFound(id));
    return this.change(id, async (tx, router) => {
      const routes = await this.reachable(tx, id, next(router.routes));
      await changeRow(tx, 'router', id, { routes: json(routes) }, new Date(this.parts.clock.now()));
    });
  }

  private async reachable(tx: Tx, id: string, routes: Route[]): Promise<Route[]> {
    if (routes.length > 0) requireReachable(routes, await this.routers.addresses(tx, id));
    return routes;
  }

  private async change(id: string, work: (tx: Tx, router: Router) => Promise<void>): Promise<Router> {
    const { db, realizations, realizer } = this.parts;
    await db.transaction(async (tx) => {
      await lockRow(tx, 'router', id);
      await work(tx, await this.routers.find(tx, id) ?? raise(new RouterNotFound(id)));
      await realizations.changed(tx, units('router', [id]));
    });
    await realizer.settleNow(units('router', [id]));
    return this.get(id);
  }

  private async get(id: string): Promise<Router> {
    return await this.routers.find(this.parts.db, id) ?? raise(new RouterNotFound(id));
  }
}

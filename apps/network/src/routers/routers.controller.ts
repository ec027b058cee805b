import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import {
  addExtraRoutes, addRouterInterface, createRouter, deleteRouter, listRouters, removeExtraRoutes, removeRouterInterface, showRouter, updateRouter,
} from '@virga/contracts-network';
import type { Caller } from '@virga/kernel';
import { Endpoint } from '@virga/http';
import { expectedRevision } from '../access/index.js';
import { fieldsOf, listRequest, page, pageLinks, visibleFields } from '../listing/index.js';
import { RouterInterfacesService } from './router-interfaces.service.js';
import type { Router } from './router.js';
import { RoutersService } from './routers.service.js';
import { interfaceView, routerView } from './routers.views.js';

@Controller()
export class RoutersController {
  constructor(private readonly routers: RoutersService, private readonly interfaces: RouterInterfacesService) {}

  @Endpoint(createRouter)
  async create({ caller, body }: InputOf<typeof createRouter>): Promise<OutputOf<typeof createRouter>> {
    return this.one(caller, await this.routers.create(caller, body.router));
  }

  @Endpoint(listRouters)
  async list({ caller, query, request }: InputOf<typeof listRouters>): Promise<OutputOf<typeof listRouters>> {
    const list = listRequest(query);
    const hidden = this.routers.hidden(caller);
    const routers = await this.routers.list(caller, list);
    return page('routers', routers.map((router) => visibleFields(routerView(router), list.fields, hidden)), pageLinks(request, list, routers)) as OutputOf<typeof listRouters>;
  }

  @Endpoint(showRouter)
  async show({ caller, params, query }: InputOf<typeof showRouter>): Promise<OutputOf<typeof showRouter>> {
    return this.one(caller, await this.routers.show(caller, params['router_id'] ?? ''), fieldsOf(query));
  }

  @Endpoint(updateRouter)
  async update({ caller, params, body, request }: InputOf<typeof updateRouter>): Promise<OutputOf<typeof updateRouter>> {
    return this.one(caller, await this.routers.update(caller, params['router_id'] ?? '', body.router, expectedRevision(request)));
  }

  @Endpoint(deleteRouter)
  async delete({ caller, params, request }: InputOf<typeof deleteRouter>): Promise<void> {
    await this.routers.delete(caller, params['router_id'] ?? '', expectedRevision(request));
  }

  @Endpoint(addRouterInterface)
  async addInterface({ caller, params, body }: InputOf<typeof addRouterInterface>): Promise<OutputOf<typeof addRouterInterface>> {
    return interfaceView(await this.interfaces.add(caller, params['router_id'] ?? '', body));
  }

  @Endpoint(removeRouterInterface)
  async removeInterface({ caller, params, body }: InputOf<typeof removeRouterInterface>): Promise<OutputOf<typeof removeRouterInterface>> {
    return interfaceView(await this.interfaces.remove(caller, params['router_id'] ?? '', body));
  }

  @Endpoint(addExtraRoutes)
  async addRoutes({ caller, params, body }: InputOf<typeof addExtraRoutes>): Promise<OutputOf<typeof addExtraRoutes>> {
    return this.one(caller, await this.routers.addRoutes(caller, params['router_id'] ?? '', body.router.routes));
  }

  @Endpoint(removeExtraRoutes)
  async removeRoutes({ caller, params, body }: InputOf<typeof removeExtraRoutes>): Promise<OutputOf<typeof removeExtraRoutes>> {
    return this.one(caller, await this.routers.removeRoutes(caller, params['router_id'] ?? '', body.router.routes));
  }

  private one(caller: Caller, router: Router, fields: ReadonlySet<string> = new Set()) {
    return { router: visibleFields(routerView(router), fields, this.routers.hidden(caller)) };
  }
}

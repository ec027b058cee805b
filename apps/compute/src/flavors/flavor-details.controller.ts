import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { flavors } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ExtraSpecsService } from './extra-specs.service.js';
import { FlavorAccessService } from './flavor-access.service.js';
import { accessView } from './flavors.views.js';

const flavorId = (params: Readonly<Record<string, string>>): string => params['flavor_id'] as string;
const keyOf = (params: Readonly<Record<string, string>>): string => params['key'] as string;

/** What hangs on a flavor: its extra specs and who may use it. */
@Controller()
export class FlavorDetailsController {
  constructor(private readonly specs: ExtraSpecsService, private readonly access: FlavorAccessService) {}

  @Endpoint(flavors.listExtraSpecs)
  async listSpecs({ caller, params }: InputOf<typeof flavors.listExtraSpecs>) {
    return { extra_specs: await this.specs.list(caller, flavorId(params)) };
  }

  @Endpoint(flavors.createExtraSpecs)
  async createSpecs({ caller, params, body }: InputOf<typeof flavors.createExtraSpecs>) {
    return { extra_specs: await this.specs.add(caller, flavorId(params), body.extra_specs) };
  }

  @Endpoint(flavors.showExtraSpec)
  showSpec({ caller, params }: InputOf<typeof flavors.showExtraSpec>) {
    return this.specs.show(caller, flavorId(params), keyOf(params));
  }

  @Endpoint(flavors.updateExtraSpec)
  updateSpec({ caller, params, body }: InputOf<typeof flavors.updateExtraSpec>) {
    return this.specs.set(caller, flavorId(params), keyOf(params), body);
  }

  @Endpoint(flavors.deleteExtraSpec)
  async deleteSpec({ caller, params }: InputOf<typeof flavors.deleteExtraSpec>) {
    await this.specs.remove(caller, flavorId(params), keyOf(params));
  }

  @Endpoint(flavors.listFlavorAccess)
  async listAccess({ caller, params }: InputOf<typeof flavors.listFlavorAccess>) {
    return accessView(flavorId(params), await this.access.list(caller, flavorId(params)));
  }

  @Endpoint(flavors.addTenantAccess)
  async addAccess({ caller, params, body, version }: InputOf<typeof flavors.addTenantAccess>) {
    return accessView(flavorId(params), await this.access.add(caller, flavorId(params), body.addTenantAccess.tenant, version));
  }

  @Endpoint(flavors.removeTenantAccess)
  async removeAccess({ caller, params, body }: InputOf<typeof flavors.removeTenantAccess>) {
    return accessView(flavorId(params), await this.access.remove(caller, flavorId(params), body.removeTenantAccess.tenant));
  }
}

import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { flavors } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import type { Caller } from '@virga/kernel';
import { nextLinks } from '../wire/index.js';
import { FlavorsService } from './flavors.service.js';
import { flavorReference, flavorView, type FlavorViewing } from './flavors.views.js';

@Controller()
export class FlavorsController {
  constructor(private readonly flavors: FlavorsService) {}

  @Endpoint(flavors.listFlavors)
  async list({ caller, query, request }: InputOf<typeof flavors.listFlavors>) {
    const { found, page } = await this.flavors.list(caller, query);
    const links = nextLinks('flavors_links', request, { limit: page.limit, found: found.length, last: found.at(-1)?.id });
    return { flavors: found.map((flavor) => flavorReference(flavor, request)), ...links };
  }

  @Endpoint(flavors.listFlavorDetails)
  async detail(input: InputOf<typeof flavors.listFlavorDetails>) {
    const { found, page } = await this.flavors.list(input.caller, input.query);
    const viewing = this.viewing(input);
    const links = nextLinks('flavors_links', input.request, { limit: page.limit, found: found.length, last: found.at(-1)?.id });
    return { flavors: found.map((flavor) => flavorView(flavor, viewing)), ...links };
  }

  @Endpoint(flavors.showFlavor)
  async show(input: InputOf<typeof flavors.showFlavor>) {
    const flavor = await this.flavors.get(input.caller, input.params['flavor_id'] as string);
    return { flavor: flavorView(flavor, this.viewing(input)) };
  }

  @Endpoint(flavors.createFlavor)
  async create(input: InputOf<typeof flavors.createFlavor>) {
    const flavor = await this.flavors.create(input.caller, input.body.flavor);
    return { flavor: flavorView(flavor, this.viewing(input)) };
  }

  @Endpoint(flavors.updateFlavor)
  async update(input: InputOf<typeof flavors.updateFlavor>) {
    const flavor = await this.flavors.describe(input.caller, input.params['flavor_id'] as string, input.body.flavor.description);
    return { flavor: flavorView(flavor, this.viewing(input)) };
  }

  @Endpoint(flavors.deleteFlavor)
  async delete({ caller, params }: InputOf<typeof flavors.deleteFlavor>) {
    await this.flavors.delete(caller, params['flavor_id'] as string);
  }

  private viewing({ caller, request, version }: Pick<FlavorViewing, 'request' | 'version'> & { caller: Caller }): FlavorViewing {
    return { request, version, showsExtraSpecs: this.flavors.showsExtraSpecs(caller) };
  }
}

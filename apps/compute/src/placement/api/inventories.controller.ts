import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf, Reply } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import type { Inventory } from '../ledger.js';
import { InventoriesService, type Holding, type OneInventory } from './inventories.service.js';
import { fresh, location } from './replies.js';

type InventoryView = Exclude<OutputOf<typeof placement.listInventories>, void | Reply<unknown>>['inventories'][string];

const uuidOf = (params: Readonly<Record<string, string>>): string => params['uuid'] as string;
const classOf = (params: Readonly<Record<string, string>>): string => params['resource_class'] as string;

@Controller()
export class InventoriesController {
  constructor(private readonly inventories: InventoriesService) {}

  @Endpoint(placement.listInventories)
  async list({ caller, params, version }: InputOf<typeof placement.listInventories>) {
    const holding = await this.inventories.list(caller, uuidOf(params));
    return fresh(holdingView(holding), { version, modified: holding.provider.updatedAt });
  }

  @Endpoint(placement.createInventory)
  async create({ caller, params, body, version, request }: InputOf<typeof placement.createInventory>) {
    const { resource_class: resourceClass, resource_provider_generation: generation, ...sent } = body;
    const made = await this.inventories.create(caller, uuidOf(params), resourceClass, sent, generation, version);
    const headers = location(request, `/resource_providers/${made.provider.uuid}/inventories/${resourceClass}`);
    return fresh(oneView(made), { version, modified: made.provider.updatedAt, headers });
  }

  @Endpoint(placement.replaceInventories)
  async replace({ caller, params, body, version }: InputOf<typeof placement.replaceInventories>) {
    const holding = await this.inventories.replace(caller, uuidOf(params), body.inventories, body.resource_provider_generation, version);
    return fresh(holdingView(holding), { version, modified: holding.provider.updatedAt });
  }

  @Endpoint(placement.deleteInventories)
  async deleteAll({ caller, params }: InputOf<typeof placement.deleteInventories>) {
    await this.inventories.deleteAll(caller, uuidOf(params));
  }

  @Endpoint(placement.showInventory)
  async show({ caller, params, version }: InputOf<typeof placement.showInventory>) {
    const found = await this.inventories.show(caller, uuidOf(params), classOf(params));
    return fresh(oneView(found), { version, modified: found.provider.updatedAt });
  }

  @Endpoint(placement.updateInventory)
  async update({ caller, params, body, version }: InputOf<typeof placement.updateInventory>) {
    const { resource_provider_generation: generation, ...sent } = body;
    const changed = await this.inventories.update(caller, uuidOf(params), classOf(params), sent, generation, version);
    return fresh(oneView(changed), { version, modified: changed.provider.updatedAt });
  }

  @Endpoint(placement.deleteInventory)
  async delete({ caller, params }: InputOf<typeof placement.deleteInventory>) {
    await this.inventories.delete(caller, uuidOf(params), classOf(params));
  }
}

function inventoryView(inventory: Inventory): InventoryView {
  return {
    total: inventory.total, reserved: inventory.reserved, min_unit: inventory.minUnit, max_unit: inventory.maxUnit, step_size: inventory.stepSize,
    allocation_ratio: inventory.allocationRatio,
  };
}

function holdingView({ provider, inventories }: Holding) {
  return { resource_provider_generation: provider.generation, inventories: Object.fromEntries([...inventories].map(([name, inventory]) => [name, inventoryView(inventory)])) };
}

function oneView({ provider, inventory }: OneInventory) {
  return { ...inventoryView(inventory), resource_provider_generation: provider.generation };
}

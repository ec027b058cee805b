import { Conflict, Invalid, NotFound } from '@virga/kernel';
import type { Inventory } from '../ledger.js';

export const MAX_UNIT = 2_147_483_647;

/** As clients send it; what is left out takes Placement's default. */
export interface SentInventory {
  total: number;
  reserved?: number | undefined;
  min_unit?: number | undefined;
  max_unit?: number | undefined;
  step_size?: number | undefined;
  allocation_ratio?: number | undefined;
}

export function inventoryFrom(sent: SentInventory): Inventory {
  return {
    total: sent.total, reserved: sent.reserved ?? 0, minUnit: sent.min_unit ?? 1, maxUnit: sent.max_unit ?? MAX_UNIT, stepSize: sent.step_size ?? 1,
    allocationRatio: sent.allocation_ratio ?? 1,
  };
}

/** How much there is to give away (Placement: `(total - reserved) * allocation_ratio`). */
export function capacityOf({ total, reserved, allocationRatio }: Inventory): number {
  return Math.floor((total - reserved) * allocationRatio);
}

export class InventoryUnknown extends NotFound {
  constructor(resourceClass: string, provider: string) {
    super('placement.inventory.unknown', `No inventory of class ${resourceClass.slice(0, 255)} for ${provider}`);
  }
}

export class InventoryInUse extends Conflict {
  constructor(provider: string) {
    super('placement.inventory.in-use', `update conflict: an inventory of resource provider ${provider} is in use.`);
  }
}

export class InventoryExists extends Conflict {
  constructor(resourceClass: string, provider: string) {
    super('placement.generation.conflict', `Update conflict: resource provider ${provider} already has an inventory of class ${resourceClass}.`);
  }
}

/** Throws where there would be less than nothing to give away, or nothing at all where the version does not allow it. */
export function requireCapacity(resourceClass: string, inventory: Inventory, { mayBeNothing }: { mayBeNothing: boolean }): void {
  const capacity = capacityOf(inventory);
  if (capacity > 0 || (capacity === 0 && mayBeNothing)) return;
  throw new Invalid('placement.inventory.capacity', `Invalid inventory for '${resourceClass}'. The reserved value is greater than ${mayBeNothing ? '' : 'or equal to '}total.`);
}

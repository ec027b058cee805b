export { available, canTake, type Amounts, type Inventory, type Stock } from './ledger.js';
export { PlacementRepository, type Claim } from './placement.repository.js';
export { ProviderAggregatesRepository } from './provider-aggregates.repository.js';
export { PlacementModule } from './placement.module.js';
export { PlacementApiModule } from './api/placement-api.module.js';
export {
  AllocationRow, ConsumerRow, InventoryRow, ProviderAggregateRow, ProviderTraitRow, ResourceClassRow, ResourceProviderRow, TraitRow,
} from './placement.row.js';

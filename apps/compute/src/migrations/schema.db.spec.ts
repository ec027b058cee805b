import { schemaDrift } from '@virga/persistence';
import { BlockDeviceRow } from '../block-devices/index.js';
import { FlavorAccessRow, FlavorRow } from '../flavors/index.js';
import { GuestObservationRow } from '../guests/index.js';
import { AggregateHostRow, AggregateRow, HostRow, HostSettingRow } from '../hosts/index.js';
import { ServerNicRow } from '../interfaces/index.js';
import { KeypairRow } from '../keypairs/index.js';
import {
  AllocationRow, ConsumerRow, InventoryRow, ProviderAggregateRow, ProviderTraitRow, ResourceClassRow, ResourceProviderRow, TraitRow,
} from '../placement/index.js';
import { SchedulingDecisionRow } from '../scheduling/index.js';
import { ServerGroupRow } from '../server-groups/index.js';
import { ServerRequestRow, ServerRow } from '../servers/index.js';
import { useComputeDatabase } from '../testing/index.js';

describe('the schema of compute', () => {
  const database = useComputeDatabase();

  it('is what the rows say', async () => {
    expect(await schemaDrift(database, [
      FlavorRow, FlavorAccessRow, KeypairRow, ServerRow, ServerRequestRow, ServerNicRow, ServerGroupRow, GuestObservationRow, SchedulingDecisionRow, HostRow,
      HostSettingRow, AggregateRow, AggregateHostRow, ResourceProviderRow, InventoryRow, ConsumerRow, AllocationRow, ResourceClassRow, TraitRow, ProviderTraitRow,
      ProviderAggregateRow, BlockDeviceRow,
    ])).toEqual([]);
  });
});

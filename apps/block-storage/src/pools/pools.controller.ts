import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { pools as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { poolCapabilities } from './pool-capabilities.js';
import { PoolsService, type Pool } from './pools.service.js';

@Controller()
export class PoolsController {
  constructor(private readonly pools: PoolsService) {}

  @Endpoint(contract.getPools)
  async list({ caller, query, version }: InputOf<typeof contract.getPools>) {
    const { found, isDetailed } = await this.pools.list(caller, query, version);
    return { pools: found.map((pool) => ({ name: pool.name, ...(isDetailed && { capabilities: poolCapabilities(pool) }) })) };
  }

  @Endpoint(contract.showCapabilities)
  async show({ caller, params }: InputOf<typeof contract.showCapabilities>) {
    return capabilitiesView(await this.pools.show(caller, params['host_name'] as string));
  }

  @Endpoint(contract.listZones)
  async zones({ caller }: InputOf<typeof contract.listZones>) {
    return { availabilityZoneInfo: (await this.pools.zones(caller)).map(({ name, isAvailable }) => ({ zoneName: name, zoneState: { available: isAvailable } })) };
  }
}

/** Capabilities that types may ask for by extra specs, described for those who make types. */
const PROPERTIES = {
  thin_provisioning: { title: 'Thin Provisioning', description: 'Volumes take room as they are written.', type: 'boolean' },
  qos: { title: 'QoS', description: 'Hosts hold volumes to the limits of their type.', type: 'boolean' },
  replication_enabled: { title: 'Replication', description: 'Volumes have copies on another backend.', type: 'boolean' },
  compression: { title: 'Compression', description: 'Volumes are stored compressed.', type: 'boolean' },
} as const;

function capabilitiesView(pool: Pool) {
  const capabilities = poolCapabilities(pool);
  const text = (name: string): string => String(capabilities[name]);
  return {
    namespace: `OS::Storage::Capabilities::${pool.backend.name}`, vendor_name: text('vendor_name'), volume_backend_name: text('volume_backend_name'), pool_name: text('pool_name'),
    driver_version: text('driver_version'), storage_protocol: text('storage_protocol'), display_name: null, description: null, visibility: null, replication_targets: [],
    properties: { ...PROPERTIES },
  };
}

import { Inject, Injectable } from '@nestjs/common';
import { isTrue, type QueryOf, type VersionNumber } from '@virga/contract';
import { pools as contract } from '@virga/contracts-block-storage';
import { CLOCK, Invalid, NotFound, raise, type Caller, type Clock } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { BackendsRepository, poolName, silentBefore, type Backend } from '../backends/index.js';
import { SchedulingRepository, type BackendState } from '../scheduling/index.js';
import { backendNamed } from '../services/index.js';
import { unmetExtraSpec, VolumeTypesRepository, VolumeTypeUnknown } from '../volume-types/index.js';
import { poolCapabilities } from './pool-capabilities.js';

/** A pool: what the scheduler knows of it, and what its host says of itself. */
export interface Pool {
  name: string;
  state: BackendState;
  backend: Backend;
}

export interface Zone {
  name: string;
  isAvailable: boolean;
}

class CapabilitiesUnknown extends NotFound {
  constructor(host: string) {
    super('block-storage.backend.unknown', `Can't find service: ${host.slice(0, 255)}`);
  }
}

@Injectable()
export class PoolsService {
  constructor(
    private readonly db: Database,
    private readonly backends: BackendsRepository,
    private readonly scheduling: SchedulingRepository,
    private readonly types: VolumeTypesRepository,
    private readonly policy: Policy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The pools that volumes can be placed in, and whether details are asked for. Those of a volume type are what its extra specs allow. */
  async list(caller: Caller, { detail, name, volume_type: type }: QueryOf<typeof contract.getPools>, version: VersionNumber): Promise<{ found: Pool[]; isDetailed: boolean }> {
    this.policy.require(caller, contract.getPools.policy);
    const isDetailed = detail !== undefined && (isTrue(detail) ?? raise(new Invalid('block-storage.request.boolean', `Value '${detail.slice(0, 64)}' for detail is not a boolean.`)));
    const named = version >= contract.poolVersions.filters ? name : undefined;
    const extraSpecs = type !== undefined && version >= contract.poolVersions.typeFilter
      ? (await this.types.findNamed(this.db, type) ?? raise(new VolumeTypeUnknown(type))).extraSpecs : {};
    const found = (await this.pools()).filter((pool) => (named === undefined || pool.name === named) && unmetExtraSpec(poolCapabilities(pool), extraSpecs) === undefined);
    return { found, isDetailed };
  }

  async show(caller: Caller, host: string): Promise<Pool> {
    this.policy.require(caller, contract.showCapabilities.policy);
    const name = backendNamed(host);
    return (await this.pools()).find(({ backend }) => backend.name === name) ?? raise(new CapabilitiesUnknown(host));
  }

  /** A zone is available where one of its backends takes new volumes. */
  async zones(caller: Caller): Promise<Zone[]> {
    this.policy.require(caller, contract.listZones.policy);
    const zones = new Map<string, boolean>();
    for (const { state } of await this.pools()) {
      zones.set(state.zone, zones.get(state.zone) === true || (state.isUp && state.isAvailable && state.isEnabled && !state.isFrozen));
    }
    return [...zones].map(([name, isAvailable]) => ({ name, isAvailable })).sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  private async pools(): Promise<Pool[]> {
    const states = await this.scheduling.backends(this.db, { upSince: silentBefore(this.clock) });
    const backends = new Map((await this.backends.list(this.db)).map((backend) => [backend.name, backend]));
    return states.flatMap((state) => {
      const backend = backends.get(state.name);
      return backend === undefined ? [] : [{ name: poolName(state.name), state, backend }];
    });
  }
}

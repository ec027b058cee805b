import { Injectable } from '@nestjs/common';
import { isTrue, type BodyOf, type PolicyRule, type VersionNumber } from '@virga/contract';
import { clusters as contract } from '@virga/contracts-block-storage';
import { Invalid, NotFound, type Caller } from '@virga/kernel';
import { Policy } from '@virga/policy';

const FILTERS: readonly string[] = ['name', 'binary', 'is_up', 'disabled', 'num_hosts', 'num_down_hosts'];
const REPLICATION_FILTERS: readonly string[] = ['replication_status', 'frozen', 'active_backend_id'];
/** What Cinder's workers can leave unfinished. */
const RESOURCE_TYPES: readonly string[] = ['Backup', 'Snapshot', 'Volume'];

class ClusterUnknown extends NotFound {
  constructor(name: string) {
    super('block-storage.cluster.unknown', `Cluster ${name.slice(0, 255)} could not be found.`);
  }
}

class ClusterFilterInvalid extends Invalid {
  constructor(message: string) {
    super('block-storage.cluster.filter', `Invalid input received: ${message}`);
  }
}

/**
 * Clusters of storage services and what they leave unfinished: there is neither. A backend is one storage host's, whatever stands behind
 * it; and what a process leaves unfinished is taken over by any other as soon as its lease ends, without being asked.
 */
@Injectable()
export class ClustersService {
  constructor(private readonly policy: Policy) {}

  list(caller: Caller, rule: PolicyRule, query: Readonly<Record<string, unknown>>, version: VersionNumber): [] {
    this.policy.require(caller, rule);
    const allowed = version >= contract.CLUSTER_REPLICATION ? [...FILTERS, ...REPLICATION_FILTERS] : FILTERS;
    const unknown = Object.keys(query).filter((name) => !allowed.includes(name)).map((name) => name.slice(0, 64));
    if (unknown.length > 0) throw new ClusterFilterInvalid(`Invalid filter keys: ${unknown.join(', ')}`);
    for (const name of ['is_up', 'disabled']) {
      const value = query[name];
      if (value !== undefined && isTrue(String(value)) === undefined) throw new ClusterFilterInvalid(`Value '${String(value).slice(0, 64)}' for ${name} is not a boolean.`);
    }
    return [];
  }

  find(caller: Caller, rule: PolicyRule, name: string): never {
    this.policy.require(caller, rule);
    throw new ClusterUnknown(name);
  }

  cleanUp(caller: Caller, { resource_type: type, resource_id: id, ...place }: BodyOf<typeof contract.cleanUpWorkers>): { cleaning: []; unavailable: [] } {
    this.policy.require(caller, contract.cleanUpWorkers.policy);
    const isType = RESOURCE_TYPES.some((known) => known.toLowerCase() === (type ?? '').toLowerCase());
    if (type !== undefined && type !== null && type !== '' && !isType) {
      throw new Invalid('block-storage.worker.resource-type', `Invalid input received: Resource type ${type} not valid, must be ${RESOURCE_TYPES.join(', ')}`);
    }
    const isPlaced = place.service_id !== undefined || place.cluster_name !== undefined || place.host !== undefined;
    if (id !== undefined && id !== null && !isPlaced) {
      throw new Invalid('block-storage.worker.resource', `Invalid input received: There is no resource with UUID ${id} pending cleanup.`);
    }
    return { cleaning: [], unavailable: [] };
  }
}

import { Injectable } from '@nestjs/common';
import { isTrue, type PolicyRule, type QueryOf, type VersionNumber } from '@virga/contract';
import { hypervisors } from '@virga/contracts-compute';
import { pageRequest } from '@virga/http';
import { Invalid, isUuid, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { MarkerUnknown, MAX_PAGE, numericId } from '../wire/index.js';
import { HypervisorUnknown, type HostRecord } from './host-record.js';
import { HostRecordsRepository, type HostKey } from './host-records.repository.js';

const PAGE = { maxLimit: MAX_PAGE, sortable: [], defaultSort: [], defaultDirection: 'asc' as const };

type ListQuery = QueryOf<typeof hypervisors.listHypervisors>;

export interface HypervisorPage {
  found: HostRecord[];
  limit: number;
}

const { hypervisorVersions: versions } = hypervisors;

@Injectable()
export class HypervisorsService {
  constructor(private readonly db: Database, private readonly hosts: HostRecordsRepository, private readonly policy: Policy) {}

  async list(caller: Caller, rule: PolicyRule, query: ListQuery, version: VersionNumber): Promise<HypervisorPage> {
    this.policy.require(caller, rule);
    const pattern = version >= versions.uuids ? query.hypervisor_hostname_pattern : undefined;
    const withServers = version >= versions.uuids && isTrue(query.with_servers) === true;
    if (pattern !== undefined) return { found: await this.matching(pattern, query, withServers), limit: Number.POSITIVE_INFINITY };
    if (version < versions.paging) return { found: await this.hosts.page(this.db, { limit: undefined, after: undefined, pattern, withServers }), limit: Number.POSITIVE_INFINITY };
    const { limit, marker } = pageRequest(query, PAGE);
    const after = marker === undefined ? undefined : await this.markerNumber(marker, version);
    return { found: await this.hosts.page(this.db, { limit, after, pattern, withServers }), limit };
  }

  /** The older form of a search: the text stands in the path. */
  async search(caller: Caller, rule: PolicyRule, pattern: string, withServers: boolean): Promise<HostRecord[]> {
    this.policy.require(caller, rule);
    return this.matching(pattern, {}, withServers);
  }

  async show(caller: Caller, rule: PolicyRule, id: string, version: VersionNumber, withServers = false): Promise<HostRecord> {
    this.policy.require(caller, rule);
    const key = keyOf(id, version);
    return await this.hosts.find(this.db, key, withServers) ?? raise(new HypervisorUnknown(id));
  }

  /** All hypervisors that are in service. */
  async inService(caller: Caller): Promise<HostRecord[]> {
    this.policy.require(caller, hypervisors.showHypervisorStatistics.policy);
    const found = await this.hosts.page(this.db, { limit: undefined, after: undefined, pattern: undefined, withServers: false });
    return found.filter(({ isDisabled }) => !isDisabled);
  }

  private async matching(pattern: string, query: Pick<ListQuery, 'limit' | 'marker'>, withServers: boolean): Promise<HostRecord[]> {
    if (query.limit !== undefined || query.marker !== undefined) {
      throw new Invalid('compute.hypervisor.paging', 'Paging over hypervisors with the hypervisor_hostname_pattern query parameter is not supported.');
    }
    const found = await this.hosts.page(this.db, { limit: undefined, after: undefined, pattern, withServers });
    return found.length > 0 ? found : raise(new HypervisorUnknown(pattern));
  }

  private async markerNumber(marker: string, version: VersionNumber): Promise<number> {
    const number = numericId(marker);
    const key: HostKey | undefined = version >= versions.uuids ? (isUuid(marker) ? { id: marker } : undefined) : (number === undefined ? undefined : { number });
    const host = key && (await this.hosts.find(this.db, key));
    return (host ?? raise(new MarkerUnknown(marker))).number;
  }
}

function keyOf(id: string, version: VersionNumber): HostKey {
  if (version >= versions.uuids) return isUuid(id) ? { id } : raise(new Invalid('compute.hypervisor.id', `Invalid uuid ${id.slice(0, 64)}`));
  return { number: numericId(id) ?? raise(new HypervisorUnknown(id)) };
}

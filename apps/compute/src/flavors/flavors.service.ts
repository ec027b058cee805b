import { Injectable } from '@nestjs/common';
import { isTrue, type BodyOf, type PolicyRule, type QueryOf } from '@virga/contract';
import { flavors } from '@virga/contracts-compute';
import { pageRequest } from '@virga/http';
import { Invalid, newId, raise, type Caller, type PageRequest } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { MarkerUnknown, MAX_PAGE, wholeNumber } from '../wire/index.js';
import { FlavorUnknown, type Flavor } from './flavor.js';
import { FLAVOR_SORT_KEYS, FlavorsRepository, type FlavorFilters, type FlavorViewer } from './flavors.repository.js';

const PAGE = {
  maxLimit: MAX_PAGE, sortable: FLAVOR_SORT_KEYS, defaultSort: [{ key: 'flavorid', direction: 'asc' as const }], defaultDirection: 'asc' as const,
  ignoresUnknownKeys: true,
};

type ListQuery = QueryOf<typeof flavors.listFlavors>;
type NewFlavor = BodyOf<typeof flavors.createFlavor>['flavor'];

class FilterInvalid extends Invalid {
  constructor(name: string, value: string) {
    super('compute.flavor.filter', `Invalid ${name} filter [${value.slice(0, 64)}]`);
  }
}

@Injectable()
export class FlavorsService {
  constructor(private readonly db: Database, private readonly flavors: FlavorsRepository, private readonly policy: Policy) {}

  async list(caller: Caller, query: ListQuery): Promise<{ found: Flavor[]; page: PageRequest }> {
    this.policy.require(caller, flavors.listFlavorsRule);
    const page = pageRequest(query, PAGE);
    const filters = filtersOf(query, viewerOf(caller));
    if (page.marker !== undefined && !(await this.flavors.exists(this.db, page.marker))) throw new MarkerUnknown(page.marker);
    return { found: await this.flavors.page(this.db, caller.projectId, filters, page), page };
  }

  async get(caller: Caller, id: string, rule: PolicyRule = flavors.showFlavorsRule): Promise<Flavor> {
    this.policy.require(caller, rule, { project_id: caller.projectId });
    return await this.flavors.findUsable(this.db, id, viewerOf(caller)) ?? raise(new FlavorUnknown(id));
  }

  /** Whether flavors that the caller sees show their extra specs. */
  showsExtraSpecs(caller: Caller): boolean {
    return this.policy.allows(caller, flavors.listExtraSpecsRule, { project_id: caller.projectId });
  }

  create(caller: Caller, wanted: NewFlavor): Promise<Flavor> {
    this.policy.require(caller, flavors.createFlavor.policy);
    const flavor = flavorFrom(wanted);
    return this.db.transaction((tx) => this.flavors.insert(tx, flavor));
  }

  describe(caller: Caller, id: string, description: string | null): Promise<Flavor> {
    this.policy.require(caller, flavors.updateFlavor.policy);
    return this.db.transaction((tx) => this.flavors.describe(tx, id, description));
  }

  delete(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, flavors.deleteFlavor.policy);
    return this.db.transaction((tx) => this.flavors.delete(tx, id));
  }
}

export function viewerOf(caller: Caller): FlavorViewer {
  return { project: caller.projectId, isAdmin: caller.roles.has('admin') };
}

/** Administrators see public flavors unless they ask for others; everyone else sees what they may use, whatever they ask for. */
function filtersOf(query: ListQuery, { isAdmin }: FlavorViewer): FlavorFilters {
  return {
    isPublic: isAdmin ? publicity(query.is_public) : true,
    includesDisabled: isAdmin,
    minMemoryMebibytes: minimum('minRam', query.minRam),
    minRootGibibytes: minimum('minDisk', query.minDisk),
  };
}

function publicity(text: string | undefined): boolean | undefined {
  if (text === undefined) return true;
  if (text.toLowerCase() === 'none') return undefined;
  return isTrue(text) ?? raise(new FilterInvalid('is_public', text));
}

function minimum(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^-?\d{1,10}$/.test(text) || Math.abs(value) > 2_147_483_647) throw new FilterInvalid(name, text);
  return value;
}

function flavorFrom(wanted: NewFlavor): Flavor {
  const id = wanted.id === undefined || wanted.id === null || wanted.id === 'auto' ? newId() : String(wanted.id);
  return {
    id, name: wanted.name,
    vcpus: wholeNumber('vcpus', wanted.vcpus, 1), memoryMebibytes: wholeNumber('ram', wanted.ram, 1), rootGibibytes: wholeNumber('disk', wanted.disk, 0),
    ephemeralGibibytes: wholeNumber('ephemeral', wanted['OS-FLV-EXT-DATA:ephemeral'] ?? 0, 0), swapMebibytes: wholeNumber('swap', wanted.swap ?? 0, 0),
    rxtxFactor: factor(wanted.rxtx_factor ?? 1), isPublic: isTrue(wanted['os-flavor-access:is_public'] ?? true) ?? true,
    isDisabled: false, description: wanted.description ?? null, extraSpecs: {},
  };
}

function factor(value: number | string): number {
  const number = Number(value);
  if (!(number > 0)) throw new Invalid('compute.flavor.value', 'rxtx_factor must be more than 0.');
  return number;
}

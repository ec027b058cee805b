import { Bug, Invalid } from '@virga/kernel';
import { type Fragment, type Reader, type Tx, fragment, join } from '@virga/persistence';
import { QuotaExceeded, type Standing } from './quota-exceeded.js';
import { LimitStore } from './limit-store.js';

/** Whose quota: a project's, or a user's with the limits of the project they work in, if any. */
export type QuotaOwner = { project: string; user?: undefined } | { user: string; project?: string | undefined };

/** Amounts by resource name: `{ cores: 2, instances: 1 }`. */
export type Amounts = Readonly<Record<string, number>>;

/** Something that a service limits. */
export interface QuotaResource {
  /** As in Keystone's registered limits and the service's quota API: `cores`. */
  name: string;
  /** The limit where nobody has set another; -1 is unlimited. */
  defaultLimit: number;
  /** Shown with the registered limit. */
  description?: string;
  /**
   * The recount: a query of one number over the rows themselves, for a project's id or, where `per` is `user`, a user's:
   * ``(project) => fragment`SELECT coalesce(sum(vcpus), 0) FROM server WHERE project_id = ${project}` ``. Left out where
   * the limit is one of a single request (metadata items); such a resource has no usage.
   */
  usage?: (owner: string) => Fragment;
  per?: 'project' | 'user';
}

/** Resources that come and go together with something else, each named by the prefix and a member's name: `volumes_` and a volume type's. */
export interface QuotaFamily {
  prefix: string;
  /** As a resource's. */
  defaultLimit: number;
  description?: string;
  /** As a resource's, of one member. */
  usage: (owner: string, member: string) => Fragment;
}

/** What a service limits, under the type by which the catalog knows it: `compute`. */
export interface QuotaDeclaration {
  serviceType: string;
  /** Limits registered for this region go before those for all regions. */
  regionId?: string;
  resources: readonly QuotaResource[];
  /** None of them is in a list unless it is named there; who they are is for the service to know. */
  families?: readonly QuotaFamily[];
}

interface StandingRow extends Standing {
  resource: string;
}

/**
 * The ledger of a service's quotas.
 *
 * Theory of operation. Limits are Keystone's unified limits, read where identity keeps them. Usage is what the rows say,
 * counted anew each time: there is no counter that could differ. `charge` takes a lock that belongs to the owner and the
 * transaction, then counts; whoever charges the same owner waits until this transaction has ended, and then sees its
 * rows. So usage cannot exceed a limit however many requests run at once, provided that rows which raise a usage are
 * written only after a charge in the same transaction. A process that dies takes its transaction, its rows and its lock
 * with it. Freeing needs no call: the rows are gone, or say so.
 */
export class Quotas {
  private readonly resources: ReadonlyMap<string, QuotaResource>;
  private readonly store: LimitStore;

  constructor(private readonly declaration: QuotaDeclaration) {
    this.resources = new Map(declaration.resources.map((resource) => [resource.name, resource]));
    this.store = new LimitStore(declaration);
  }

  /**
   * Makes sure that the owner may have `amounts` more, until the transaction ends; throws `QuotaExceeded` where not.
   * Amounts of zero or less always fit, also for an owner who has more than the limit.
   */
  async charge(tx: Tx, owner: QuotaOwner, amounts: Amounts): Promise<void> {
    const wanted = Object.entries(amounts).filter(([, amount]) => amount > 0);
    if (wanted.length === 0) return;
    await this.lock(tx, owner);
    const standings = await this.standings(tx, owner, wanted.map(([name]) => name));
    const exceeded = wanted.flatMap(([name, requested]) => {
      const { limit, used } = standings[name] ?? missing(name);
      return limit >= 0 && used + requested > limit ? [[name, { limit, used, requested }] as const] : [];
    });
    if (exceeded.length > 0) throw new QuotaExceeded(Object.fromEntries(exceeded));
  }

  /** Limit and usage of the named resources, or of all, in one statement. */
  async standings(reader: Reader, owner: QuotaOwner, names: Iterable<string> = this.resources.keys()): Promise<Record<string, Standing>> {
    const asked = this.named(names);
    if (asked.length === 0) return {};
    const questions = join(asked.map((resource) => this.question(resource, owner)), ', ');
    const rows = await reader.sql<StandingRow>`
      SELECT asked.resource, asked.used, ${this.store.limitOf(owner.project)} AS "limit"
      FROM (VALUES ${questions}) AS asked (resource, used, fallback)`;
    return Object.fromEntries(rows.map(({ resource, limit, used }) => [resource, { limit, used }]));
  }

  /** The project's limit of the named resources, or of all but families'. */
  limits(reader: Reader, project: string, names: Iterable<string> = this.resources.keys()): Promise<Record<string, number>> {
    return this.store.limits(reader, project, this.named(names));
  }

  /** The limit of the named resources, or of all but families', for projects that have none of their own. */
  defaults(reader: Reader, names: Iterable<string> = this.resources.keys()): Promise<Record<string, number>> {
    return this.store.limits(reader, undefined, this.named(names));
  }

  /** What the owner uses of every resource; of those that belong to users only where a user is given. */
  async usage(reader: Reader, owner: QuotaOwner): Promise<Record<string, number>> {
    const standings = await this.standings(reader, owner);
    return Object.fromEntries(Object.entries(standings).map(([name, { used }]) => [name, used]));
  }

  /**
   * Gives a project its own limits; others stay as they are. Throws `Invalid` for an unknown resource or project, a limit
   * below -1, and, with `mustCoverUsage`, a limit below what is used.
   */
  async setProjectLimits(tx: Tx, project: string, limits: Amounts, { mustCoverUsage = false } = {}): Promise<void> {
    this.requireLimits(limits);
    if (mustCoverUsage) await this.requireCovered(tx, project, limits);
    await this.store.register(tx, this.named(Object.keys(limits)));
    await this.store.setProjectLimits(tx, project, limits);
  }

  /** Gives a project the default limits again. */
  deleteProjectLimits(tx: Tx, project: string): Promise<void> {
    return this.store.deleteProjectLimits(tx, project);
  }

  /** Changes the limits of all projects that have none of their own. */
  async setDefaults(tx: Tx, limits: Amounts): Promise<void> {
    this.requireLimits(limits);
    await this.store.register(tx, this.named(Object.keys(limits)));
    await this.store.setDefaults(tx, limits);
  }

  /** A family's member has another name: its limits go with it. */
  rename(tx: Tx, names: Readonly<Record<string, string>>): Promise<void> {
    return this.store.rename(tx, names);
  }

  /** A family's member is gone: nobody has limits of these resources any more. */
  forget(tx: Tx, names: readonly string[]): Promise<void> {
    return this.store.forget(tx, names);
  }

  /** Registers with Keystone what is not registered yet; what operators changed stays. Needs the service's catalog entry. */
  register(tx: Tx): Promise<void> {
    return this.store.register(tx, this.declaration.resources);
  }

  private find(name: string): QuotaResource | undefined {
    const family = this.declaration.families?.find(({ prefix }) => name.startsWith(prefix));
    return this.resources.get(name) ?? (family && { ...family, name, usage: (owner) => family.usage(owner, name.slice(family.prefix.length)) });
  }

  private named(names: Iterable<string>): QuotaResource[] {
    return [...names].map((name) => this.find(name) ?? missing(name));
  }

  private async lock(tx: Tx, owner: QuotaOwner): Promise<void> {
    const name = owner.user === undefined ? `project ${owner.project}` : `user ${owner.user}`;
    await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended(${`quota ${this.declaration.serviceType} ${name}`}, 0))`;
  }

  private question({ name, usage, per, defaultLimit }: QuotaResource, owner: QuotaOwner): Fragment {
    const counted = per === 'user' ? owner.user : owner.project;
    const used = usage === undefined || counted === undefined ? fragment`SELECT 0` : usage(counted);
    return fragment`(${name}::text, (${used})::bigint, ${defaultLimit}::integer)`;
  }

  private requireLimits(limits: Amounts): void {
    for (const [name, limit] of Object.entries(limits)) {
      if (this.find(name) === undefined) throw new Invalid('quota.resource.unknown', `There is no quota for '${name}'.`);
      const isLimit = Number.isInteger(limit) && limit >= -1 && limit <= 0x7fffffff;
      if (!isLimit) throw new Invalid('quota.limit.invalid', `The limit of ${name} must be a whole number from 0 to 2147483647, or -1 for none.`);
    }
  }

  private async requireCovered(tx: Tx, project: string, limits: Amounts): Promise<void> {
    await this.lock(tx, { project });
    const standings = await this.standings(tx, { project }, Object.keys(limits));
    for (const [name, { used }] of Object.entries(standings)) {
      const limit = limits[name] ?? -1;
      if (limit >= 0 && limit < used) {
        throw new Invalid('quota.limit.below-usage', `The limit of ${name} cannot be ${limit}: ${used} are used already.`, { details: { resource: name, limit, used } });
      }
    }
  }
}

function missing(name: string): never {
  throw new Bug('quota.resource.undeclared', `No quota is declared for '${name}'.`);
}

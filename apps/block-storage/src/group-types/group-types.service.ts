import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { contextIsAdmin, groupTypes } from '@virga/contracts-block-storage';
import { Invalid, newId, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import type { Listing } from '../listings/index.js';
import { MarkerUnknown } from '../wire/index.js';
import { GroupSpecUnknown, GroupTypeUnknown, NoDefaultGroupType } from './group-type-faults.js';
import type { GroupType } from './group-type.js';
import { GroupTypesRepository } from './group-types.repository.js';

type Specs = GroupType['specs'];

/** The name of the group type that is the default; empty where there is none. */
export const DEFAULT_GROUP_TYPE = Symbol('DefaultGroupType');

/** What operators let groups be. */
@Injectable()
export class GroupTypesService {
  constructor(
    private readonly db: Database, private readonly types: GroupTypesRepository, private readonly policy: Policy,
    @Inject(DEFAULT_GROUP_TYPE) private readonly defaultName: string,
  ) {}

  /** Those who may see all types say which; for everybody else there are the public ones. */
  async list(caller: Caller, listing: Listing, isPublic: boolean | undefined): Promise<GroupType[]> {
    this.policy.require(caller, groupTypes.listGroupTypesRule, {});
    if (listing.marker !== undefined && (await this.types.find(this.db, listing.marker)) === undefined) throw new MarkerUnknown(listing.marker);
    return this.types.page(this.db, this.seesAll(caller) ? isPublic : true, listing);
  }

  /** `default` is the type that the configuration names, as in Cinder, whoever may see it otherwise. */
  async get(caller: Caller, id: string): Promise<GroupType> {
    this.policy.require(caller, groupTypes.showGroupTypeRule, {});
    if (id === 'default') return (await this.types.findByName(this.db, this.defaultName)) ?? raise(new NoDefaultGroupType());
    const type = await this.types.find(this.db, id);
    return type !== undefined && (type.isPublic || this.seesAll(caller)) ? type : raise(new GroupTypeUnknown(id));
  }

  /** Whether replies show this caller the specs. */
  showsSpecs(caller: Caller): boolean {
    return this.policy.allows(caller, groupTypes.groupSpecsShownRule, {});
  }

  create(caller: Caller, wish: Omit<GroupType, 'id'>): Promise<GroupType> {
    this.policy.require(caller, groupTypes.createGroupType.policy, {});
    return this.db.transaction((tx) => this.types.insert(tx, { id: newId(), ...wish }));
  }

  update(caller: Caller, id: string, change: Partial<Omit<GroupType, 'id' | 'specs'>>): Promise<GroupType> {
    this.policy.require(caller, groupTypes.updateGroupType.policy, {});
    if (change.name === '') throw new Invalid('block-storage.group-type.name', 'Group type name can not be empty.');
    if (Object.keys(change).length === 0) throw new Invalid('block-storage.group-type.nothing', 'Specify group type name, description or a combination thereof.');
    return this.db.transaction(async (tx) => this.types.update(tx, (await this.types.lock(tx, id)).id, change));
  }

  delete(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, groupTypes.deleteGroupType.policy, {});
    return this.db.transaction(async (tx) => this.types.delete(tx, (await this.types.lock(tx, id)).id));
  }

  async specs(caller: Caller, id: string): Promise<Specs> {
    return (await this.requireFor(caller, groupTypes.listGroupSpecs.policy, id)).specs;
  }

  async spec(caller: Caller, id: string, key: string): Promise<Specs> {
    const { specs } = await this.requireFor(caller, groupTypes.showGroupSpec.policy, id);
    return Object.hasOwn(specs, key) ? { [key]: specs[key] ?? null } : raise(new GroupSpecUnknown(id, key));
  }

  /** Adds and replaces; answers what was given, as Cinder does. */
  async addSpecs(caller: Caller, id: string, given: Specs): Promise<Specs> {
    await this.changeSpecs(caller, groupTypes.createGroupSpecs.policy, id, (specs) => ({ ...specs, ...given }));
    return given;
  }

  async setSpec(caller: Caller, id: string, key: string, given: Specs): Promise<Specs> {
    await this.changeSpecs(caller, groupTypes.updateGroupSpec.policy, id, (specs) => {
      if (!Object.hasOwn(given, key)) throw new Invalid('block-storage.group-type.spec-key', 'Request body and URI mismatch');
      return { ...specs, ...given };
    });
    return given;
  }

  async deleteSpec(caller: Caller, id: string, key: string): Promise<void> {
    await this.changeSpecs(caller, groupTypes.deleteGroupSpec.policy, id, ({ [key]: gone, ...rest }) => (gone === undefined ? raise(new GroupSpecUnknown(id, key)) : rest));
  }

  private changeSpecs(caller: Caller, rule: PolicyRule, id: string, next: (specs: Specs) => Specs): Promise<GroupType> {
    this.policy.require(caller, rule, {});
    return this.db.transaction(async (tx) => {
      const type = await this.types.lock(tx, id);
      return this.types.update(tx, type.id, { specs: next(type.specs) });
    });
  }

  private async requireFor(caller: Caller, rule: PolicyRule, id: string): Promise<GroupType> {
    this.policy.require(caller, rule, {});
    return (await this.types.find(this.db, id)) ?? raise(new GroupTypeUnknown(id));
  }

  private seesAll(caller: Caller): boolean {
    return this.policy.allows(caller, contextIsAdmin, {});
  }
}

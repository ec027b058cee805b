import { Injectable } from '@nestjs/common';
import { isTrue, type BodyOf, type PolicyRule, type QueryOf } from '@virga/contract';
import { quotas, volumeTypes } from '@virga/contracts-block-storage';
import { newId, raise, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { MarkerUnknown, offsetPage, type OffsetPage } from '../wire/index.js';
import { ChosenTypesRepository } from './chosen-types.repository.js';
import { isCacheableType, isMultiattachType, type ExtraSpecs } from './extra-specs.js';
import { ExtraSpecInvalid, TypeFilterInvalid, VolumeTypeChangeInvalid, VolumeTypeInUse, VolumeTypeIsDefault } from './volume-type-faults.js';
import { DEFAULT_TYPE, VolumeTypeUnknown, type VolumeType } from './volume-type.js';
import { VolumeTypesRepository, type TypeFilters, type TypeViewer, type VolumeTypeChange } from './volume-types.repository.js';

const PAGE = { sortable: [...volumeTypes.VOLUME_TYPE_SORT_KEYS], defaultSort: [{ key: 'created_at', direction: 'desc' as const }] };

/** The id that stands for the type of volumes that name none. */
const DEFAULT_ID = 'default';

type ListQuery = QueryOf<typeof volumeTypes.listVolumeTypes>;

@Injectable()
export class VolumeTypesService {
  constructor(
    private readonly db: Database,
    private readonly types: VolumeTypesRepository,
    private readonly chosen: ChosenTypesRepository,
    private readonly quotas: Quotas,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, query: ListQuery): Promise<{ found: VolumeType[]; page: OffsetPage }> {
    this.policy.require(caller, volumeTypes.listVolumeTypes.policy, { project_id: caller.projectId });
    const page = offsetPage(query, PAGE);
    const filters = filtersOf(query, viewerOf(caller));
    if (this.asksForSecrets(caller, filters.extraSpecs)) return { found: [], page };
    if (page.marker !== undefined && await this.types.findVisible(this.db, page.marker, viewerOf(caller)) === undefined) throw new MarkerUnknown(page.marker);
    return { found: await this.types.page(this.db, caller.projectId, filters, page), page };
  }

  async get(caller: Caller, id: string, rule: PolicyRule = volumeTypes.showVolumeType.policy): Promise<VolumeType> {
    this.policy.require(caller, rule, { project_id: caller.projectId });
    return await this.types.findVisible(this.db, id, viewerOf(caller)) ?? raise(new VolumeTypeUnknown(id));
  }

  /** As `get`; the id `default` is the type of volumes for which the caller chooses none. */
  async show(caller: Caller, id: string): Promise<VolumeType> {
    if (id !== DEFAULT_ID) return this.get(caller, id);
    this.policy.require(caller, volumeTypes.showVolumeType.policy, { project_id: caller.projectId });
    return await this.chosen.defaultOf(this.db, caller.projectId ?? '') ?? raise(new VolumeTypeUnknown(DEFAULT_TYPE));
  }

  create(caller: Caller, wanted: BodyOf<typeof volumeTypes.createVolumeType>['volume_type']): Promise<VolumeType> {
    this.policy.require(caller, volumeTypes.createVolumeType.policy);
    const extraSpecs = wanted.extra_specs ?? {};
    requireConsistent(extraSpecs);
    return this.db.transaction((tx) => this.types.insert(tx, {
      id: newId(), name: wanted.name, description: wanted.description ?? null, extraSpecs,
      isPublic: isTrue(wanted['os-volume-type-access:is_public'] ?? true) ?? true,
    }));
  }

  update(caller: Caller, id: string, wanted: BodyOf<typeof volumeTypes.updateVolumeType>['volume_type']): Promise<VolumeType> {
    this.policy.require(caller, volumeTypes.updateVolumeType.policy);
    const change = changeFrom(wanted);
    return this.db.transaction(async (tx) => {
      const type = await this.types.lock(tx, id);
      if (change.name !== undefined && change.name !== type.name) await this.rename(tx, type, change.name);
      await this.types.update(tx, id, change);
      return this.types.lock(tx, id);
    });
  }

  delete(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, volumeTypes.deleteVolumeType.policy);
    return this.db.transaction(async (tx) => {
      const type = await this.types.lock(tx, id);
      if (await this.types.isDefault(tx, type)) throw new VolumeTypeIsDefault(id);
      if (await this.types.isUsed(tx, id)) throw new VolumeTypeInUse('Target volume type is still in use.');
      await this.types.delete(tx, id);
      await this.quotas.forget(tx, quotasOf(type.name));
    });
  }

  /** What of a type's properties the caller is shown. */
  seenBy(caller: Caller): TypeSight {
    const target = { project_id: caller.projectId };
    return {
      extraSpecs: this.policy.allows(caller, volumeTypes.showTypeExtraSpecs, target),
      allExtraSpecs: this.seesAllExtraSpecs(caller),
      qosSpecs: this.policy.allows(caller, volumeTypes.showTypeQosSpecs, target),
      access: this.policy.allows(caller, volumeTypes.showTypeAccess, target),
    };
  }

  seesAllExtraSpecs(caller: Caller): boolean {
    return this.policy.allows(caller, volumeTypes.readSensitiveExtraSpecs, { project_id: caller.projectId });
  }

  /** Whoever may not see an extra spec may not find out by asking which types have it, either. */
  private asksForSecrets(caller: Caller, extraSpecs: ExtraSpecs | undefined): boolean {
    const isSecret = Object.keys(extraSpecs ?? {}).some((key) => !volumeTypes.USER_VISIBLE_EXTRA_SPECS.includes(key));
    return isSecret && !this.seesAllExtraSpecs(caller);
  }

  /** The type's limits are called after it. */
  private async rename(tx: Tx, { name: from }: VolumeType, to: string): Promise<void> {
    if (from === DEFAULT_TYPE) throw new VolumeTypeChangeInvalid(`The volume type ${DEFAULT_TYPE} is found by its name, which stays.`);
    const [old, renamed] = [quotasOf(from), quotasOf(to)];
    await this.quotas.forget(tx, renamed);
    await this.quotas.rename(tx, Object.fromEntries(old.map((name, index) => [name, renamed[index] as string])));
  }
}

/** What of a type's properties somebody is shown. */
export interface TypeSight {
  extraSpecs: boolean;
  /** Also those that tell how the cloud is built. */
  allExtraSpecs: boolean;
  qosSpecs: boolean;
  access: boolean;
}

export function viewerOf(caller: Caller): TypeViewer {
  return { projectId: caller.projectId, isAdmin: caller.roles.has('admin') };
}

/** Throws `Invalid` for extra specs that exclude each other. */
export function requireConsistent(extraSpecs: ExtraSpecs): void {
  if (isMultiattachType(extraSpecs) && isCacheableType(extraSpecs)) throw new ExtraSpecInvalid('cacheable cannot be set with multiattach.');
}

function quotasOf(typeName: string): string[] {
  return quotas.TYPE_QUOTA_RESOURCES.map((resource) => `${resource}_${typeName}`);
}

/** Administrators see public types unless they ask for others; everyone else sees what they may use, whatever they ask for. */
function filtersOf({ is_public: isPublic, extra_specs: extraSpecs }: ListQuery, { isAdmin }: TypeViewer): TypeFilters {
  return { isPublic: isAdmin ? publicity(isPublic) : true, extraSpecs: extraSpecs === undefined ? undefined : specsFrom(extraSpecs) };
}

function publicity(text: string | undefined): boolean | undefined {
  if (text === undefined) return true;
  if (text.toLowerCase() === 'none') return undefined;
  return isTrue(text) ?? raise(new TypeFilterInvalid('is_public', text));
}

/** A dictionary as clients write it into the query: Python's `{'multiattach': '<is> True'}`, or JSON. */
function specsFrom(text: string): ExtraSpecs {
  const entries = [...text.matchAll(/(['"])((?:(?!\1).)*)\1\s*:\s*(['"])((?:(?!\3).)*)\3/g)].map((match) => [match[2] as string, match[4] as string]);
  if (!/^\s*\{.*\}\s*$/s.test(text) || entries.length === 0) throw new TypeFilterInvalid('extra_specs', text);
  return Object.fromEntries(entries) as ExtraSpecs;
}

function changeFrom({ name, description, is_public: isPublic }: BodyOf<typeof volumeTypes.updateVolumeType>['volume_type']): VolumeTypeChange {
  if (typeof name === 'string' && name.trim() === '') throw new VolumeTypeChangeInvalid('Volume type name can not be empty.');
  const change = {
    ...(typeof name === 'string' && { name }), ...(typeof description === 'string' && { description }),
    ...(isPublic !== undefined && { isPublic: isTrue(isPublic) === true }),
  };
  if (Object.keys(change).length === 0) throw new VolumeTypeChangeInvalid('Specify volume type name, description, is_public or a combination thereof.');
  return change;
}

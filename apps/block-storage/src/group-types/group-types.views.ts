import { isTrue, type BodyOf, type OutputOf, type Reply } from '@virga/contract';
import type { groupTypes } from '@virga/contracts-block-storage';
import { Invalid } from '@virga/kernel';
import { last, listingOf, type Listing } from '../listings/index.js';
import type { GroupType } from './group-type.js';
import { GROUP_TYPE_SORT_KEYS } from './group-types.repository.js';

type View = Exclude<OutputOf<typeof groupTypes.showGroupType>, void | Reply<unknown>>['group_type'];

export function groupTypeView(type: GroupType, { showsSpecs }: { showsSpecs: boolean }): View {
  return { id: type.id, name: type.name, description: type.description, is_public: type.isPublic, ...(showsSpecs && { group_specs: type.specs }) };
}

export function groupTypeWish({ group_type: given }: BodyOf<typeof groupTypes.createGroupType>): Omit<GroupType, 'id'> {
  if (given.name.trim() === '') throw new Invalid('block-storage.group-type.name', 'Group type name can not be empty.');
  return { name: given.name.trim(), description: given.description ?? null, isPublic: isTrue(given.is_public) ?? true, specs: given.group_specs ?? {} };
}

export function groupTypeChange({ group_type: given }: BodyOf<typeof groupTypes.updateGroupType>): Partial<Omit<GroupType, 'id' | 'specs'>> {
  const isPublic = isTrue(given.is_public);
  return {
    ...(typeof given.name === 'string' && { name: given.name.trim() }), ...(typeof given.description === 'string' && { description: given.description }),
    ...(isPublic !== undefined && { isPublic }),
  };
}

/** Filters by anything but `is_public` are ignored. */
export function groupTypeListing(query: Readonly<Record<string, unknown>>): { listing: Listing; isPublic: boolean | undefined } {
  const listing = listingOf(query, { sortKeys: GROUP_TYPE_SORT_KEYS, filters: [], knowsLike: false, isStrict: false, isAdmin: false });
  return { listing, isPublic: publicity(last(query['is_public'])) };
}

/** `none` asks for both kinds; without the parameter there are the public ones. */
function publicity(text: string | undefined): boolean | undefined {
  if (text === undefined) return true;
  if (text.toLowerCase() === 'none') return undefined;
  const isPublic = isTrue(text);
  if (isPublic === undefined) throw new Invalid('request.filter.value', `Invalid is_public filter [${text.slice(0, 40)}]`);
  return isPublic;
}

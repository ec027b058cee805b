import { versionNumber } from '@virga/contract';
import { Invalid } from '@virga/kernel';
import type { Fragment, SqlValue } from '@virga/persistence';
import { volumeConditions, wantsCount, type FilterScope } from './volume-filters.js';

const scopeAt = (version: string, isAdmin = false): FilterScope => ({ version: versionNumber(version), isAdmin, projectId: 'p' });

/** The conditions as text with their values, without those that every list has. */
function conditions(query: Record<string, unknown>, scope: FilterScope): string[] {
  return volumeConditions(query, scope).map(rendered).filter((text) => text !== 'v.deleted_at IS NULL' && text !== 'v.project_id = "p"');
}

function rendered(value: SqlValue): string {
  if (!isFragment(value)) return JSON.stringify(value);
  return value.strings.map((text, index) => text + (index < value.values.length ? rendered(value.values[index] ?? null) : '')).join('');
}

function isFragment(value: SqlValue): value is Fragment {
  return typeof value === 'object' && value !== null && 'strings' in value;
}

describe('filters of lists of volumes', () => {
  it('are none where only the page and the order are said', () => {
    expect(conditions({ limit: '1', marker: 'm', offset: '1', sort: 'id', sort_key: 'id', sort_dir: 'asc' }, scopeAt('3.70'))).toEqual([]);
  });

  it('keep everybody but administrators in their project', () => {
    const isInProject = (query: object, scope: FilterScope) => volumeConditions(query as Record<string, unknown>, scope).length === 2;
    expect(isInProject({ all_tenants: '1' }, scopeAt('3.70'))).toBe(true);
    expect(isInProject({ all_tenants: '1' }, scopeAt('3.0'))).toBe(true);
    expect(isInProject({ all_tenants: '1' }, scopeAt('3.0', true))).toBe(false);
    expect(isInProject({ all_tenants: '0' }, scopeAt('3.0', true))).toBe(true);
    expect(() => volumeConditions({ all_tenants: 'perhaps' }, scopeAt('3.0', true))).toThrow(Invalid);
  });

  it('that users may not use are passed over until 3.30 and refused from 3.31 on', () => {
    expect(conditions({ user_id: 'u', status: 'error' }, scopeAt('3.30'))).toEqual(['"v"."status" = "error"']);
    expect(() => conditions({ user_id: 'u', host: 'h' }, scopeAt('3.31'))).toThrow('Invalid filters user_id,host are found in query options.');
    expect(conditions({ user_id: 'u' }, scopeAt('3.31', true))).toEqual(['"v"."user_id" = "u"']);
  });

  it.each([['group_id', '3.9', '3.10'], ['created_at', '3.59', '3.60'], ['updated_at', '3.59', '3.60'], ['consumes_quota', '3.64', '3.65']])('do not know %s at %s', (key, before, since) => {
    const value = { group_id: '0b6ddd39-b948-471f-8038-4787978747c4', consumes_quota: 'true' }[key] ?? 'gt:2026-01-01';
    expect(conditions({ [key]: value }, scopeAt(before))).toEqual([]);
    expect(conditions({ [key]: value }, scopeAt(since))).toHaveLength(1);
  });

  it('answer nothing to what volumes do not have', () => {
    expect(conditions({ colour: 'red', constructor: 'x', 'colour~': 'r', id: 'no-uuid', size: 'large', metadata: 'x' }, scopeAt('3.70', true))).toEqual(Array(6).fill('FALSE'));
  });

  it('take one of several values, and None', () => {
    expect(conditions({ status: "['error', 'available']", migration_status: 'None' }, scopeAt('3.70'))).toEqual([
      '("v"."status" = "error" OR "v"."status" = "available")', '"v"."migration_status" IS NULL',
    ]);
  });

  it('take names as they are, quotes included', () => {
    expect(conditions({ name: "'None'" }, scopeAt('3.70'))).toEqual([`"v"."name" = "'None'"`]);
  });

  it('find parts of text, in which nothing is special', () => {
    expect(conditions({ 'name~': '50%_' }, scopeAt('3.34'))).toEqual(['"v"."name"::text LIKE "%50\\\\%\\\\_%"']);
  });

  it('take every word but "false" for yes until 3.1, and only words for yes and no from 3.2 on', () => {
    expect(conditions({ bootable: 'perhaps' }, scopeAt('3.1'))).toEqual(['"v"."is_bootable" = true']);
    expect(conditions({ bootable: 'FALSE' }, scopeAt('3.1'))).toEqual(['"v"."is_bootable" = false']);
    expect(conditions({ bootable: 'f' }, scopeAt('3.2'))).toEqual(['"v"."is_bootable" = false']);
    expect(() => conditions({ bootable: 'perhaps' }, scopeAt('3.2'))).toThrow(Invalid);
  });

  it('compare times', () => {
    expect(conditions({ created_at: 'gte:2026-01-01T00:00:00,lt:2026-02-01T00:00:00+01:00' }, scopeAt('3.60'))).toEqual([
      '("v"."created_at" >= "2026-01-01T00:00:00.000Z" AND "v"."created_at" < "2026-01-31T23:00:00.000Z")',
    ]);
  });

  it.each(['after:2026-01-01', 'gt', 'gt:', 'gt:yesterday', 'constructor:2026-01-01', ''])('refuse %j for a time', (value) => {
    expect(() => conditions({ created_at: value }, scopeAt('3.60'))).toThrow(Invalid);
  });

  it('find a backend by its host, its name and its pool', () => {
    expect(conditions({ host: 'node-1@file#file' }, scopeAt('3.70', true))).toEqual(['(v.backend = "node-1@file" OR starts_with(v.backend, "node-1@file@"))']);
    expect(conditions({ host: 'node-1' }, scopeAt('3.70', true))).toEqual(['(v.backend = "node-1" OR starts_with(v.backend, "node-1@"))']);
  });

  it('count since 3.45; before, nobody knows the word', () => {
    expect(wantsCount({ with_count: 'true' }, versionNumber('3.45'))).toBe(true);
    expect(wantsCount({ with_count: 'true' }, versionNumber('3.44'))).toBe(false);
    expect(() => wantsCount({ with_count: 'many' }, versionNumber('3.45'))).toThrow(Invalid);
    expect(() => conditions({ with_count: 'true' }, scopeAt('3.44'))).toThrow('Invalid filters with_count');
  });
});

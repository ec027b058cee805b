import { newId } from '@virga/kernel';
import { timestamp } from '../listing/index.js';

/** The attributes that every resource has, as read. */
export interface Standard {
  id: string;
  project_id: string;
  description: string;
  tags: string[];
  revision_number: number;
  created_at: Date;
  updated_at: Date;
}

/** A new resource's standard attributes. */
export function newStandard(owner: string, description: string | undefined, now: number): Standard {
  const time = new Date(now);
  return { id: newId(), project_id: owner, description: description ?? '', tags: [], revision_number: 1, created_at: time, updated_at: time };
}

/** The wire form of the standard attributes. */
export function standardAttributes(row: Standard) {
  return {
    id: row.id, project_id: row.project_id, tenant_id: row.project_id, description: row.description, tags: row.tags,
    revision_number: row.revision_number, created_at: timestamp(row.created_at), updated_at: timestamp(row.updated_at),
  };
}

/** Filters that every collection has, those whose resources have no name included. */
export const namelessFilters = {
  id: 'text', description: 'text', project_id: 'text', tenant_id: { column: 'project_id', kind: 'text' }, revision_number: 'integer',
} as const;

/** Filters of collections whose resources have a name. */
export const standardFilters = { ...namelessFilters, name: 'text' } as const;

/** Sort keys that every collection has. */
export const namelessSortable = {
  id: { column: 'id' }, project_id: { column: 'project_id' }, tenant_id: { column: 'project_id' },
  created_at: { column: 'created_at' }, updated_at: { column: 'updated_at' },
} as const;

/** Sort keys of collections whose resources have a name. */
export const standardSortable = { ...namelessSortable, name: { column: 'name' } } as const;

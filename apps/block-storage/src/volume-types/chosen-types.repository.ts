import { Injectable } from '@nestjs/common';
import { isUuid, only } from '@virga/kernel';
import { type Reader, fragment } from '@virga/persistence';
import { TYPES, typeFrom, type StoredType } from './stored-type.js';
import { DEFAULT_TYPE, type VolumeType } from './volume-type.js';

/** Finds the types that volumes are of. */
@Injectable()
export class ChosenTypesRepository {
  /** The type of this id or name that the project may use. */
  async choose(db: Reader, idOrName: string, { projectId, isAdmin }: { projectId: string; isAdmin: boolean }): Promise<VolumeType | undefined> {
    const mayUse = fragment`(t.is_public OR ${isAdmin} OR EXISTS (SELECT FROM volume_type_access a WHERE a.type_id = t.id AND a.project_id = ${projectId}))`;
    const isIt = isUuid(idOrName) ? fragment`(t.id = ${idOrName} OR t.name = ${idOrName})` : fragment`t.name = ${idOrName}`;
    const rows = await db.sql<StoredType>`${TYPES} WHERE t.deleted_at IS NULL AND ${isIt} AND ${mayUse} ORDER BY t.name = ${idOrName} LIMIT 1`;
    const row = only(rows);
    return row && typeFrom(row);
  }

  /** The project's own default, else the cloud's. */
  async defaultOf(db: Reader, projectId: string): Promise<VolumeType | undefined> {
    const rows = await db.sql<StoredType>`
      ${TYPES} WHERE t.deleted_at IS NULL AND (
        t.id = (SELECT d.type_id FROM default_volume_type d WHERE d.project_id = ${projectId}) OR t.name = ${DEFAULT_TYPE})
      ORDER BY t.name = ${DEFAULT_TYPE} LIMIT 1`;
    const row = only(rows);
    return row && typeFrom(row);
  }

  /** The type whoever asks, also a deleted one: volumes keep theirs. */
  async find(db: Reader, id: string): Promise<VolumeType | undefined> {
    const row = only(await db.sql<StoredType>`${TYPES} WHERE t.id = ${id}`);
    return row && typeFrom(row);
  }
}

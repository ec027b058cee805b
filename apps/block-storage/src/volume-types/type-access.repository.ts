import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import { onUnique, type Reader, type Tx } from '@virga/persistence';
import { AccessExists } from './volume-type-faults.js';
import { VolumeTypeAccessRow } from './volume-type.row.js';

export interface DefaultType {
  projectId: string;
  typeId: string;
}

interface DefaultRow {
  project_id: string;
  type_id: string;
}

/** Which projects may use which private types, and which type is whose default. */
@Injectable()
export class TypeAccessRepository {
  async projects(db: Reader, typeId: string): Promise<string[]> {
    const rows = await db.sql<{ project_id: string }>`SELECT project_id FROM volume_type_access WHERE type_id = ${typeId} ORDER BY project_id`;
    return rows.map(({ project_id: project }) => project);
  }

  async add(tx: Tx, typeId: string, projectId: string): Promise<void> {
    await tx.insert(VolumeTypeAccessRow, { type_id: typeId, project_id: projectId })
      .catch(onUnique('volume_type_access_pkey', () => new AccessExists(typeId, projectId)));
  }

  /** Answers whether it had access. */
  async remove(tx: Tx, typeId: string, projectId: string): Promise<boolean> {
    return (await tx.sql`DELETE FROM volume_type_access WHERE type_id = ${typeId} AND project_id = ${projectId} RETURNING type_id`).length > 0;
  }

  async defaults(db: Reader): Promise<DefaultType[]> {
    return (await db.sql<DefaultRow>`SELECT project_id, type_id FROM default_volume_type ORDER BY project_id`).map(defaultFrom);
  }

  async findDefault(db: Reader, projectId: string): Promise<DefaultType | undefined> {
    const row = only(await db.sql<DefaultRow>`SELECT project_id, type_id FROM default_volume_type WHERE project_id = ${projectId}`);
    return row && defaultFrom(row);
  }

  async setDefault(tx: Tx, { projectId, typeId }: DefaultType): Promise<void> {
    await tx.sql`
      INSERT INTO default_volume_type (project_id, type_id) VALUES (${projectId}, ${typeId})
      ON CONFLICT (project_id) DO UPDATE SET type_id = excluded.type_id`;
  }

  async unsetDefault(tx: Tx, projectId: string): Promise<void> {
    await tx.sql`DELETE FROM default_volume_type WHERE project_id = ${projectId}`;
  }
}

function defaultFrom(row: DefaultRow): DefaultType {
  return { projectId: row.project_id, typeId: row.type_id };
}

import { Injectable } from '@nestjs/common';
import { all, fragment, type Reader } from '@virga/persistence';
import type { Period, ServerUsage } from './usage.js';

export interface UsagePage {
  /** Undefined: every project's. */
  project: string | undefined;
  period: Period;
  limit: number;
  /** The last server of the previous page. */
  after: string | undefined;
}

interface UsageRow {
  id: string;
  name: string;
  project_id: string;
  flavor_name: string;
  state: string;
  vcpus: number;
  memory_mebibytes: number;
  disk_gibibytes: number;
  launched_at: Date;
  terminated_at: Date | null;
}

@Injectable()
export class UsageRepository {
  /** Servers that were there in the period, deleted ones included, by project. */
  async page(db: Reader, { project, period, limit, after }: UsagePage): Promise<ServerUsage[]> {
    const conditions = [
      fragment`launched_at < ${new Date(period.stop)}`,
      fragment`(terminated_at IS NULL OR terminated_at > ${new Date(period.start)})`,
      ...(project === undefined ? [] : [fragment`project_id = ${project}`]),
      ...(after === undefined ? [] : [fragment`(project_id, id) > (SELECT marker.project_id, marker.id FROM server AS marker WHERE marker.id = ${after})`]),
    ];
    const rows = await db.sql<UsageRow>`
      SELECT id, name, project_id, flavor ->> 'name' AS flavor_name, state, vcpus, memory_mebibytes,
        (flavor ->> 'rootGibibytes')::integer + (flavor ->> 'ephemeralGibibytes')::integer AS disk_gibibytes, launched_at, terminated_at
      FROM server WHERE ${all(conditions)} ORDER BY project_id, id LIMIT ${limit}`;
    return rows.map((row) => ({
      id: row.id, name: row.name, project: row.project_id, flavor: row.flavor_name, state: row.state, vcpus: row.vcpus,
      memoryMebibytes: row.memory_mebibytes, diskGibibytes: row.disk_gibibytes, launchedAt: row.launched_at, terminatedAt: row.terminated_at,
    }));
  }

  async exists(db: Reader, id: string): Promise<boolean> {
    return (await db.sql`SELECT FROM server WHERE id = ${id}`).length > 0;
  }
}

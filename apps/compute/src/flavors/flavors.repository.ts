import { Injectable } from '@nestjs/common';
import { type Reader, fragment, nothing } from '@virga/persistence';
import type { Flavor } from './flavor.js';
import type { FlavorRow } from './flavor.row.js';

@Injectable()
export class FlavorsRepository {
  /** The flavor of that id that a project may use: a public one, or one that it was given access to; any one for administrators. */
  async findUsable(db: Reader, id: string, { project, isAdmin }: { project: string | undefined; isAdmin: boolean }): Promise<Flavor | undefined> {
    const usable = isAdmin ? nothing : fragment`
      AND (is_public OR EXISTS (SELECT FROM flavor_access a WHERE a.flavor_id = f.flavor_id AND a.project_id = ${project ?? ''}))`;
    const [row] = await db.sql<FlavorRow>`SELECT f.* FROM flavor f WHERE f.flavor_id = ${id} ${usable}`;
    return row && fromRow(row);
  }
}

export function fromRow(row: FlavorRow): Flavor {
  return {
    id: row.flavor_id, name: row.name, vcpus: row.vcpus, memoryMebibytes: row.memory_mebibytes, rootGibibytes: row.root_gibibytes,
    ephemeralGibibytes: row.ephemeral_gibibytes, swapMebibytes: row.swap_mebibytes, rxtxFactor: row.rxtx_factor,
    isPublic: row.is_public, isDisabled: row.is_disabled, description: row.description, extraSpecs: row.extra_specs,
  };
}

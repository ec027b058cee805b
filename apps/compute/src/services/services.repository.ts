import { Injectable } from '@nestjs/common';
import type { HostId } from '@virga/kernel';
import { onForeignKey, type Reader, type Tx } from '@virga/persistence';
import { ServiceInUse, type ServiceSetting } from './service.js';

/** What the servers of a project take of a host. */
export interface ProjectShare {
  project: string;
  vcpus: number;
  memoryMebibytes: number;
  diskGibibytes: number;
}

@Injectable()
export class ServicesRepository {
  async set(tx: Tx, host: HostId, { isDisabled, disabledReason, isForcedDown }: ServiceSetting): Promise<void> {
    const keepsReason = disabledReason === undefined;
    await tx.sql`
      INSERT INTO host_setting AS s (host, is_disabled, disabled_reason, is_forced_down)
      VALUES (${host}, ${isDisabled ?? false}, ${disabledReason ?? null}, ${isForcedDown ?? false})
      ON CONFLICT (host) DO UPDATE SET is_disabled = coalesce(${isDisabled ?? null}, s.is_disabled),
        disabled_reason = CASE WHEN ${keepsReason} THEN s.disabled_reason ELSE ${disabledReason ?? null} END,
        is_forced_down = coalesce(${isForcedDown ?? null}, s.is_forced_down), updated_at = now()`;
  }

  /**
   * Forgets the host with its resource provider. Throws `ServiceInUse` where anything is on it. What deleted servers still
   * hold there, because it could not be reached, goes with it: whoever pays their debts finds the host gone.
   */
  async delete(tx: Tx, host: HostId, provider: string): Promise<void> {
    await tx.sql`SELECT FROM host WHERE name = ${host} FOR UPDATE`;
    const servers = await tx.sql`SELECT FROM server WHERE host = ${host} AND deleted_at IS NULL LIMIT 1`;
    if (servers.length > 0) throw new ServiceInUse();
    await tx.sql`
      DELETE FROM allocation a USING debt d WHERE a.provider_uuid = ${provider} AND d.resource_id = a.consumer_uuid::text
        AND d.backend = ${`host:${host}`} AND d.paid_at IS NULL AND NOT EXISTS (SELECT FROM server s WHERE s.id = a.consumer_uuid AND s.deleted_at IS NULL)`;
    await tx.sql`DELETE FROM resource_provider WHERE uuid = ${provider}`.catch(onForeignKey('allocation_inventory', () => new ServiceInUse()));
    await tx.sql`DELETE FROM aggregate_host WHERE host = ${host}`;
    await tx.sql`DELETE FROM host WHERE name = ${host}`;
  }

  async shares(db: Reader, host: HostId): Promise<ProjectShare[]> {
    const rows = await db.sql<{ project: string; vcpus: number; memory: number; disk: number }>`
      SELECT project_id AS project, sum(vcpus) AS vcpus, sum(memory_mebibytes) AS memory,
        sum((flavor ->> 'rootGibibytes')::integer + (flavor ->> 'ephemeralGibibytes')::integer) AS disk
      FROM server WHERE host = ${host} AND deleted_at IS NULL GROUP BY project_id ORDER BY project_id`;
    return rows.map(({ project, vcpus, memory, disk }) => ({ project, vcpus: Number(vcpus), memoryMebibytes: Number(memory), diskGibibytes: Number(disk) }));
  }
}

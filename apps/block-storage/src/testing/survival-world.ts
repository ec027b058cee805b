import type { ProcessTools, ProcessUnderTest, World } from '@virga/operations/harness';
import type { PostgresDatabase } from '@virga/persistence';
import { BlockStorageWorld } from './block-storage-world.js';

/** What every volume, snapshot, attachment and group may be without an operation. */
const TRANSITIONAL = ['creating', 'deleting', 'extending', 'retyping', 'downloading', 'uploading', 'reverting', 'managing', 'backing-up', 'restoring-backup', 'updating'];

/** The block storage service's world for the crash harness: the process is driven by `settled` alone, and dies without a word. */
export class SurvivalWorld extends BlockStorageWorld implements World {
  /** A world with two storage hosts, and nothing that a former trial has left. */
  static async open(database: PostgresDatabase): Promise<SurvivalWorld> {
    const world = new SurvivalWorld(database);
    await world.clear();
    await world.start();
    await world.furnish();
    await world.cloud.addHost('node-2');
    await world.settled();
    return world;
  }

  /** Starts the process anew; the one before is dead, and with it its HTTP server and its connections. */
  async boot(tools: ProcessTools): Promise<ProcessUnderTest> {
    await this.running.abandon();
    const { database, tap, aroundStep, random } = tools;
    const process = await this.start({ database, tap, operations: { aroundStep, random } });
    return { settled: () => process.settled(), kill: async () => undefined };
  }

  /** Nothing transitional without an operation, nothing on a backend without an owner, and nothing owned that is not there. */
  async assertSound(): Promise<void> {
    const problems = [...await this.transitional(), ...await this.ownerless(), ...await this.missing()];
    if (problems.length > 0) throw new Error(problems.join('; '));
  }

  async close(): Promise<void> {
    await this.running.abandon();
    await this.clear();
  }

  private async transitional(): Promise<string[]> {
    const rows = await this.database.sql<{ kind: string; id: string; status: string }>`
      SELECT 'volume' AS kind, id, status FROM volume WHERE status = ANY(${TRANSITIONAL}) OR growth_gibibytes <> 0
      UNION ALL SELECT 'snapshot', id, status FROM snapshot WHERE status = ANY(${TRANSITIONAL})
      UNION ALL SELECT 'group', id, status FROM volume_group WHERE status = ANY(${TRANSITIONAL})
      UNION ALL SELECT 'group snapshot', id, status FROM group_snapshot WHERE status = ANY(${TRANSITIONAL})
      UNION ALL SELECT 'backup', id, status FROM backup WHERE status IN ('creating', 'restoring', 'deleting')
      UNION ALL SELECT 'attachment', id, state FROM attachment WHERE state IN ('connecting', 'detaching')`;
    return rows.map(({ kind, id, status }) => `${kind} ${id} is left ${status}`);
  }

  private async ownerless(): Promise<string[]> {
    const rows = await this.database.sql<{ id: string; backend: string | null; is_gone: boolean }>`
      SELECT id, backend, deleted_at IS NOT NULL AS is_gone FROM volume
      UNION ALL SELECT id, backend, deleted_at IS NOT NULL FROM snapshot
      UNION ALL SELECT id, backend, false FROM backup_point
      UNION ALL SELECT id, backend, false FROM unmanaged_volume
      UNION ALL SELECT a.id, v.backend, a.state = 'deleted' FROM attachment a JOIN volume v ON v.id = a.volume_id`;
    const debts = await this.database.sql<{ backend: string; resource_id: string }>`SELECT backend, resource_id FROM debt WHERE paid_at IS NULL`;
    const isOwned = (id: string, backend: string): boolean => rows.some((row) => row.id === id && row.backend === backend && !row.is_gone)
      || debts.some((debt) => debt.resource_id === id && debt.backend === `backend:${backend}`);
    return (await this.kept()).filter(({ id, backend }) => !isOwned(id, backend)).map(({ kind, id, backend }) => `${kind} ${id} on ${backend} has no owner`);
  }

  private async missing(): Promise<string[]> {
    const kept = await this.kept();
    const alive = new Set([...this.cloud.hosts.values()].filter((host) => !host.isGone).map(({ name }) => name));
    const rows = await this.database.sql<{ kind: string; id: string; backend: string }>`
      SELECT 'volume' AS kind, id, backend FROM volume WHERE status IN ('available', 'in-use') AND backend IS NOT NULL
      UNION ALL SELECT 'snapshot', id, backend FROM snapshot WHERE status = 'available' AND backend IS NOT NULL`;
    return rows.filter(({ backend }) => alive.has(backend.split('@')[0] ?? ''))
      .filter(({ id, backend }) => !kept.some((one) => one.id === id && one.backend === backend)).map(({ kind, id, backend }) => `${kind} ${id} is not on ${backend}`);
  }

  /** Everything on the backends of hosts that are there. */
  private async kept(): Promise<{ kind: string; id: string; backend: string }[]> {
    const found = [];
    for (const host of this.cloud.hosts.values()) {
      if (host.isGone) continue;
      for (const [name, simulated] of host.backends) {
        const { volumes, snapshots } = await simulated.observe(AbortSignal.timeout(5_000));
        const backend = `${host.name}@${name}`;
        found.push(
          ...volumes.map(({ id }) => ({ kind: 'volume', id: id as string, backend })), ...snapshots.map(({ id }) => ({ kind: 'snapshot', id: id as string, backend })),
          ...volumes.flatMap(({ exports }) => exports.map(({ attachmentId }) => ({ kind: 'export', id: attachmentId as string, backend }))),
        );
      }
    }
    return found;
  }
}

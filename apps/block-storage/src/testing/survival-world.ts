import { minutes, type Duration } from '@virga/kernel';
import type { ProcessTools, ProcessUnderTest, World } from '@virga/operations/harness';
import type { PostgresDatabase } from '@virga/persistence';
import { BlockStorageProcess, BlockStorageWorld } from './block-storage-world.js';

/** What every volume, snapshot, attachment and group may be without an operation. */
const TRANSITIONAL = ['creating', 'deleting', 'extending', 'retyping', 'downloading', 'uploading', 'reverting', 'managing', 'backing-up', 'restoring-backup', 'updating'];

/** How often living hosts say what they have. */
const ANNOUNCEMENT: Duration = minutes(1);

/**
 * The block storage service's world for the crash harness. Requests are taken by a process that outlives the trials; the operations that
 * they begin are left to the process under test, which is driven by `settled` alone, and dies without a word.
 */
export class SurvivalWorld extends BlockStorageWorld implements World {
  private announcedAt = this.clock.now();

  /** A world with two storage hosts, and nothing that a former trial has left. */
  static async open(database: PostgresDatabase): Promise<SurvivalWorld> {
    const world = new SurvivalWorld(database);
    await world.enter();
    await world.furnish();
    await world.cloud.addHost('node-2');
    await world.settled();
    return world;
  }

  /** Starts a process with nothing in its memory; the one before is dead. */
  async boot(tools: ProcessTools): Promise<ProcessUnderTest> {
    const { database, tap, aroundStep, random } = tools;
    const process = await BlockStorageProcess.start(this.cloud, database, this.clock, { database, tap, operations: { aroundStep, random }, servesApi: false });
    const settled = async (): Promise<void> => {
      await this.announce();
      await process.settled();
    };
    return { settled, kill: async () => undefined };
  }

  /** Where time has passed, living hosts have said so. */
  private async announce(): Promise<void> {
    if (this.clock.now() - this.announcedAt < ANNOUNCEMENT) return;
    this.announcedAt = this.clock.now();
    for (const host of this.cloud.hosts.values()) await host.announce();
  }

  /**
   * Nothing transitional without an operation, nothing on a backend without an owner, and nothing owned that is not there; and where
   * hosts are gone, the same once more when they have come back: by then nothing is owed to them any more.
   */
  async assertSound(): Promise<void> {
    requireNone([...await this.transitional(), ...await this.ownerless(), ...await this.missing()]);
    const gone = [...this.cloud.hosts.values()].filter(({ isGone }) => isGone);
    if (gone.length === 0) return;
    for (const host of gone) await host.comeBack();
    for (let i = 0; i < 3; i++) await this.pass(ANNOUNCEMENT);
    requireNone([...await this.owed(), ...await this.transitional(), ...await this.ownerless(), ...await this.missing()]);
  }

  /** The next one clears the database. */
  async close(): Promise<void> {}

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
      UNION ALL SELECT a.id, coalesce(a.backend, v.backend), a.state = 'deleted' FROM attachment a JOIN volume v ON v.id = a.volume_id`;
    const debts = await this.database.sql<{ backend: string; resource_id: string }>`SELECT backend, resource_id FROM debt WHERE paid_at IS NULL`;
    const isOwned = (id: string, backend: string): boolean => rows.some((row) => row.id === id && row.backend === backend && !row.is_gone)
      || debts.some((debt) => debt.resource_id === id && debt.backend === `backend:${backend}`);
    return (await this.kept()).filter(({ id, backend }) => !isOwned(id, backend)).map(({ kind, id, backend }) => `${kind} ${id} on ${backend} has no owner`);
  }

  private async owed(): Promise<string[]> {
    const debts = await this.database.sql<{ backend: string; resource_type: string; resource_id: string }>`SELECT * FROM debt WHERE paid_at IS NULL`;
    return debts.map(({ backend, resource_type: type, resource_id: id }) => `${type} ${id} is still owed to ${backend}, which is back`);
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

function requireNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('; '));
}

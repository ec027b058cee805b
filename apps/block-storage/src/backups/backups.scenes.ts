import { randomUUID } from 'node:crypto';
import type { backups } from '@virga/contracts-block-storage';
import type { Persona, Scene } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';

const MEMBERS: Persona[] = ['admin', 'alice', 'amy', 'manager'];
const READERS: Persona[] = [...MEMBERS, 'reader'];
/** To these, what belongs to project demo does not exist. */
const OUTSIDE: Persona[] = ['bob', 'service'];

type Endpoints<Contracts> = { [Name in keyof Contracts as Contracts[Name] extends { readonly method: string } ? Name : never]: Scene<BlockStorageWorld> };

/** A backup of a volume of alice's that is available. */
export async function aBackup(world: BlockStorageWorld, more: Record<string, unknown> = {}): Promise<string> {
  const volumeId = (more['volume_id'] as string | undefined) ?? await world.availableVolume();
  const { backup } = await world.api<{ backup: { id: string } }>('POST', '/backups', { backup: { name: 'safe', ...more, volume_id: volumeId } });
  await world.settled();
  return backup.id;
}

const own = (allowed: Persona[], body?: unknown): Scene<BlockStorageWorld> => ({
  given: async (world) => ({ params: { backup_id: await aBackup(world) }, ...(body !== undefined && { body }) }), allowed, invisible: OUTSIDE,
});
const list: Scene<BlockStorageWorld> = { given: () => ({}), allowed: [...READERS, 'bob'] };

/** Who may do what with a backup of project demo (Cinder's policy reference, secure RBAC). */
export const backupScenes: Endpoints<typeof backups> = {
  listBackups: list, listBackupDetails: list,
  createBackup: { given: async (world) => ({ body: { backup: { volume_id: await world.availableVolume() } } }), allowed: MEMBERS, invisible: ['bob'] },
  showBackup: own(READERS),
  updateBackup: own(MEMBERS, { backup: { name: 'other' } }),
  deleteBackup: own(MEMBERS),
  restoreVolumeBackup: own(MEMBERS, { restore: {} }),
  exportBackupRecord: own(['admin']),
  importBackupRecord: {
    given: async (world) => {
      const id = await aBackup(world);
      const body = await world.api<object>('GET', `/backups/${id}/export_record`, undefined, { as: 'admin' });
      await world.database.sql`UPDATE backup SET id = ${randomUUID()} WHERE id = ${id}`;
      return { body };
    },
    allowed: ['admin'],
  },
  resetBackupStatus: own(['admin'], { 'os-reset_status': { status: 'error' } }),
  forceDeleteBackup: own(['admin'], { 'os-force_delete': {} }),
};

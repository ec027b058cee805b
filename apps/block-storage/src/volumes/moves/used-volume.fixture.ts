import { completeAttachments, connectAttachments, reserveAttachment } from '@virga/contracts-block-storage';
import { newId } from '@virga/kernel';
import { demoProject } from '@virga/testing';
import { GUESTS_HOST, type BlockStorageWorld } from '../../testing/index.js';
import { VolumesOnHosts } from '../volume-on-host.fixture.js';

export interface UsedVolume {
  id: string;
  serverId: string;
  attachmentId: string;
}

/** Gives the volume to a server, as compute does. */
export async function useVolume(world: BlockStorageWorld, id: string, serverId: string = newId()): Promise<UsedVolume> {
  const attachmentId = newId();
  await world.ask(reserveAttachment, { projectId: demoProject, isAdmin: false, userId: 'alice', attachmentId, volumeId: id, serverId });
  await world.ask(connectAttachments, { host: GUESTS_HOST, attachments: [{ id: attachmentId, device: '/dev/vdb' }] });
  await world.settled();
  await world.ask(completeAttachments, { attachmentIds: [attachmentId] });
  await world.settled();
  return { id, serverId, attachmentId };
}

/** What the guest of its server reads from the volume on that host. */
export async function readAsGuest(world: BlockStorageWorld, id: string, { offset, length }: { offset: number; length: number }, host: string): Promise<string> {
  const backend = world.cloud.host(host).backend();
  const { volumes } = await backend.observe(AbortSignal.timeout(5_000));
  const exported = volumes.find((volume) => (volume.id as string) === id)?.exports[0];
  if (exported === undefined) throw new Error(`Nobody reads volume ${id} on ${host}.`);
  return backend.connect({ kind: 'nbd-unix', socketPath: '', exportName: exported.attachmentId }).read(offset, length).toString();
}

/** A volume on node-1 with something in it, which a server uses; there is a node-2 as well. */
export async function usedVolume(world: BlockStorageWorld): Promise<UsedVolume> {
  if (world.cloud.hosts.has('node-2')) await world.database.sql`UPDATE backend SET is_enabled = (host = 'node-1')`;
  const id = await world.availableVolume({ availability_zone: 'nova' });
  await world.database.sql`UPDATE backend SET is_enabled = true`;
  await new VolumesOnHosts(world).write(id, 'precious');
  if (!world.cloud.hosts.has('node-2')) await world.cloud.addHost('node-2', 'other');
  await world.settled();
  return useVolume(world, id);
}

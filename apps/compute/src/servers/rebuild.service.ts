import { Injectable } from '@nestjs/common';
import type { BodyOf } from '@virga/contract';
import { rebuildServer } from '@virga/contracts-compute';
import { Conflict, Invalid, newId, type Caller, type ProjectId } from '@virga/kernel';
import { Operations } from '@virga/operations';
import { Database, type Tx } from '@virga/persistence';
import { Quotas } from '@virga/quota';
import { BlockDevicesRepository, isRoot } from '../block-devices/index.js';
import { BlockStorageCalls } from '../block-storage/index.js';
import type { SeedImage } from '../images/index.js';
import { RebuildServer } from './operations/rebuild-server.operation.js';
import type { Reimage } from './root-volume.js';
import { ServerAccess } from './server-access.js';
import { canonicalIpV6, requireBase64 } from './server-input.js';
import type { ServerDetails } from './server-details.repository.js';
import { taskStarts, type Server } from './server.js';
import { requireState } from './server-state-conflict.js';
import { ServersRepository, type ServerEdit } from './servers.repository.js';
import { WishCheck } from './wish-check.js';

type Wish = BodyOf<typeof rebuildServer>['rebuild'];

class OtherImageUnsupported extends Invalid {
  constructor() {
    super('compute.server.rebuild-unsupported', 'Unable to rebuild with a different image for a volume-backed server.');
  }
}

class ImageTooLarge extends Invalid {
  constructor(needed: number, has: number) {
    super('compute.volume.too-small', `The image needs ${needed} GiB, and the volume that the server boots from has ${has}.`);
  }
}

/** What rebuilding asks of volumes. */
@Injectable()
export class RebuiltVolumes {
  constructor(readonly devices: BlockDevicesRepository, readonly storage: BlockStorageCalls) {}
}

interface RebuildOptions {
  /** The image is written over the volume of a server that boots from one; else that stays, and the image must be what it was made from. */
  mayReimage: boolean;
  signal: AbortSignal;
}

/** Lets a server begin again from an image. */
@Injectable()
export class Rebuilds {
  constructor(
    private readonly db: Database,
    private readonly servers: ServersRepository,
    private readonly access: ServerAccess,
    private readonly check: WishCheck,
    private readonly quotas: Quotas,
    private readonly operations: Operations,
    private readonly volumes: RebuiltVolumes,
  ) {}

  async rebuild(caller: Caller, id: string, wish: Wish, options: RebuildOptions): Promise<ServerDetails> {
    const found = await this.access.require(caller, rebuildServer.policy, id);
    this.access.requireUnlocked(caller, found);
    requireState(found, 'rebuild', taskStarts.rebuilding);
    const image = await this.check.image(caller, wish.imageRef, found.flavor, options.signal);
    const reimage = found.isVolumeBacked ? await this.reimageOf(caller, found, image, options) : undefined;
    const publicKey = wish.key_name === undefined || wish.key_name === null ? null : await this.check.publicKey(caller, { keyName: wish.key_name });
    await this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, found.id);
      requireState(server, 'rebuild', taskStarts.rebuilding);
      await this.quotas.charge(tx, { project: server.projectId as ProjectId }, { metadata_items: Object.keys(wish.metadata ?? {}).length, injected_files: wish.personality?.length ?? 0 });
      await this.write(tx, server, wish, publicKey);
      await this.begin(tx, caller, await this.servers.lock(tx, found.id), { image, reimage });
    });
    return this.access.requireDetails(caller, rebuildServer.policy, id);
  }

  private async reimageOf(caller: Caller, server: Server, image: SeedImage, { mayReimage, signal }: RebuildOptions): Promise<Reimage | undefined> {
    const device = (await this.volumes.devices.list(this.db, server.id)).find((one) => isRoot(one) && one.state === 'attached');
    if (device === undefined) throw new Conflict('compute.server.not-ready', `Instance ${server.id} is not ready`);
    const [volume] = await this.volumes.storage.describeVolumes({ projectId: server.projectId, isAdmin: true }, [device.volumeId], { signal });
    if (!mayReimage && volume?.imageMetadata['image_id'] !== image.id) throw new OtherImageUnsupported();
    if (!mayReimage) return undefined;
    const [needed, has] = [Math.ceil(image.virtualSizeBytes / 1024 ** 3), volume?.sizeGibibytes ?? 0];
    if (needed > has) throw new ImageTooLarge(needed, has);
    return { deviceId: device.id, imageId: image.id, isAdmin: caller.roles.has('admin'), key: newId() };
  }

  private async write(tx: Tx, server: Server, wish: Wish, publicKey: string | null): Promise<void> {
    await this.servers.edit(tx, server, editFrom(wish));
    await this.servers.editRequest(tx, server.id, {
      ...(wish.user_data !== undefined && { userData: wish.user_data === null ? null : requireBase64(wish.user_data) }),
      ...(wish.key_name !== undefined && { publicKey }),
      ...(wish.personality !== undefined && { files: wish.personality }),
    });
  }

  private async begin(tx: Tx, caller: Caller, server: Server, { image, reimage }: { image: SeedImage; reimage: Reimage | undefined }): Promise<void> {
    const begun = await this.servers.become(tx, server, server.state, { task: 'rebuilding', ...(!server.isVolumeBacked && { image }), raisesGeneration: true });
    const params = { serverId: server.id, generation: begun.generation, wasStopped: server.state === 'stopped', ...(reimage && { reimage }) };
    await this.operations.start(tx, RebuildServer, params, { on: server, by: caller });
  }
}

function editFrom(wish: Wish): ServerEdit {
  return {
    ...(wish.name !== undefined && { name: wish.name }),
    ...(wish.description !== undefined && { description: wish.description }),
    ...(wish.hostname !== undefined && { hostname: wish.hostname }),
    ...(wish.metadata !== undefined && { metadata: wish.metadata }),
    ...(wish.key_name !== undefined && { keyName: wish.key_name }),
    ...(wish.accessIPv4 !== undefined && { accessIpV4: wish.accessIPv4 }),
    ...(wish.accessIPv6 !== undefined && { accessIpV6: canonicalIpV6(wish.accessIPv6) }),
    ...(wish['OS-DCF:diskConfig'] !== undefined && { diskConfig: wish['OS-DCF:diskConfig'] }),
    ...(wish.trusted_image_certificates !== undefined && { trustedCertificates: wish.trusted_image_certificates }),
  };
}

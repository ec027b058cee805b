import { Controller } from '@nestjs/common';
import { isTrue, type InputOf, type OutputOf } from '@virga/contract';
import { volumeActions as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { VolumeMoves } from '../moves/volume-moves.service.js';
import { uploadRequest, uploadView } from './upload.views.js';
import { hostOf } from './migration-input.js';
import { VolumeContents } from './volume-contents.service.js';
import { VolumeGrowth } from './volume-growth.service.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['volume_id'] as string;

/** Actions that storage hosts carry out. */
@Controller()
export class VolumeChangesController {
  constructor(private readonly moves: VolumeMoves, private readonly contents: VolumeContents, private readonly growth: VolumeGrowth) {}

  @Endpoint(contract.extendVolume)
  async extend(input: InputOf<typeof contract.extendVolume>): Promise<OutputOf<typeof contract.extendVolume>> {
    await this.growth.extend(input.caller, idOf(input), { sizeGibibytes: Number(input.body['os-extend'].new_size), version: input.version });
  }

  @Endpoint(contract.retypeVolume)
  async retype(input: InputOf<typeof contract.retypeVolume>): Promise<OutputOf<typeof contract.retypeVolume>> {
    const { new_type: newType, migration_policy: policy } = input.body['os-retype'];
    await this.moves.retype(input.caller, idOf(input), { newType, mayMove: policy === 'on-demand' }, input.request.signal);
  }

  @Endpoint(contract.migrateVolume)
  async migrate(input: InputOf<typeof contract.migrateVolume>): Promise<OutputOf<typeof contract.migrateVolume>> {
    await this.moves.migrate(input.caller, idOf(input), hostOf(input.body['os-migrate_volume']), input.request.signal);
  }

  @Endpoint(contract.migrateVolumeCompletion)
  async completeMigration(input: InputOf<typeof contract.migrateVolumeCompletion>): Promise<OutputOf<typeof contract.migrateVolumeCompletion>> {
    return { save_volume_id: await this.moves.complete(input.caller, idOf(input), input.body['os-migrate_volume_completion'].new_volume) };
  }

  @Endpoint(contract.uploadVolumeToImage)
  async upload(input: InputOf<typeof contract.uploadVolumeToImage>): Promise<OutputOf<typeof contract.uploadVolumeToImage>> {
    const request = uploadRequest(input.body['os-volume_upload_image']);
    return uploadView(await this.contents.upload(input.caller, idOf(input), request, input.request.signal));
  }

  @Endpoint(contract.revertVolume)
  async revert(input: InputOf<typeof contract.revertVolume>): Promise<OutputOf<typeof contract.revertVolume>> {
    await this.contents.revert(input.caller, idOf(input), input.body.revert.snapshot_id ?? null);
  }

  @Endpoint(contract.reimageVolume)
  async reimage(input: InputOf<typeof contract.reimageVolume>): Promise<OutputOf<typeof contract.reimageVolume>> {
    const { image_id: imageId, reimage_reserved: isReservedAllowed } = input.body['os-reimage'];
    await this.contents.reimage(input.caller, idOf(input), { imageId, isReservedAllowed: isTrue(isReservedAllowed) === true }, input.request.signal);
  }
}

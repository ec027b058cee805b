import { Controller } from '@nestjs/common';
import { isTrue, type InputOf, type OutputOf } from '@virga/contract';
import { volumeActions as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { encryptionEntry } from './volume-encryption.views.js';
import { VolumeActions } from './volume-actions.service.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['volume_id'] as string;

@Controller()
export class VolumeActionsController {
  constructor(private readonly actions: VolumeActions) {}

  @Endpoint(contract.setVolumeBootable)
  async setBootable(input: InputOf<typeof contract.setVolumeBootable>): Promise<OutputOf<typeof contract.setVolumeBootable>> {
    await this.actions.setBootable(input.caller, idOf(input), isTrue(input.body['os-set_bootable'].bootable) === true);
  }

  @Endpoint(contract.updateVolumeReadOnly)
  async setReadOnly(input: InputOf<typeof contract.updateVolumeReadOnly>): Promise<OutputOf<typeof contract.updateVolumeReadOnly>> {
    await this.actions.setReadOnly(input.caller, idOf(input), isTrue(input.body['os-update_readonly_flag'].readonly) === true);
  }

  @Endpoint(contract.resetVolumeStatus)
  async resetStatus(input: InputOf<typeof contract.resetVolumeStatus>): Promise<OutputOf<typeof contract.resetVolumeStatus>> {
    await this.actions.resetStatus(input.caller, idOf(input), input.body['os-reset_status']);
  }

  @Endpoint(contract.forceDeleteVolume)
  async forceDelete(input: InputOf<typeof contract.forceDeleteVolume>): Promise<OutputOf<typeof contract.forceDeleteVolume>> {
    await this.actions.forceDelete(input.caller, idOf(input));
  }

  @Endpoint(contract.showVolumeEncryption)
  async encryption(input: InputOf<typeof contract.showVolumeEncryption>): Promise<OutputOf<typeof contract.showVolumeEncryption>> {
    return { ...(await this.actions.encryption(input.caller, idOf(input))) };
  }

  @Endpoint(contract.showVolumeEncryptionEntry)
  async encryptionEntry(input: InputOf<typeof contract.showVolumeEncryptionEntry>): Promise<OutputOf<typeof contract.showVolumeEncryptionEntry>> {
    return encryptionEntry(await this.actions.encryption(input.caller, idOf(input)), input.params['key'] as string);
  }

  @Endpoint(contract.extendVolumeCompletion)
  async completeExtend(input: InputOf<typeof contract.extendVolumeCompletion>): Promise<OutputOf<typeof contract.extendVolumeCompletion>> {
    await this.actions.completeExtend(input.caller, idOf(input));
  }

  @Endpoint(contract.listVolumeImageMetadata)
  async imageMetadata(input: InputOf<typeof contract.listVolumeImageMetadata>): Promise<OutputOf<typeof contract.listVolumeImageMetadata>> {
    return { metadata: await this.actions.imageMetadata(input.caller, idOf(input)) };
  }

  @Endpoint(contract.setVolumeImageMetadata)
  async setImageMetadata(input: InputOf<typeof contract.setVolumeImageMetadata>): Promise<OutputOf<typeof contract.setVolumeImageMetadata>> {
    return { metadata: await this.actions.setImageMetadata(input.caller, idOf(input), input.body['os-set_image_metadata'].metadata) };
  }

  @Endpoint(contract.unsetVolumeImageMetadata)
  async unsetImageMetadata(input: InputOf<typeof contract.unsetVolumeImageMetadata>): Promise<OutputOf<typeof contract.unsetVolumeImageMetadata>> {
    await this.actions.unsetImageMetadata(input.caller, idOf(input), input.body['os-unset_image_metadata'].key);
  }
}

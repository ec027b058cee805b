import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { manageable as contract, volumeActions } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { targetOf, VolumeAccess, volumeView } from '../volumes/index.js';
import { hostIn, pageOf, wishOf } from './manageable.input.js';
import { ManageableService } from './manageable.service.js';
import { detailView, referenceView } from './manageable.views.js';

type Listing = InputOf<typeof contract.listManageableVolumes>;
type Managing = InputOf<typeof contract.manageVolume>;

@Controller()
export class ManageableController {
  constructor(private readonly manageable: ManageableService, private readonly access: VolumeAccess) {}

  @Endpoint(contract.listManageableVolumes)
  async list({ caller, query }: Listing): Promise<OutputOf<typeof contract.listManageableVolumes>> {
    return { 'manageable-volumes': (await this.manageable.list(caller, hostIn(query), pageOf(query))).map(referenceView) };
  }

  @Endpoint(contract.listOldManageableVolumes)
  async listOld(input: Listing): Promise<OutputOf<typeof contract.listManageableVolumes>> {
    return this.list(input);
  }

  @Endpoint(contract.listManageableVolumeDetails)
  async detail({ caller, query }: Listing): Promise<OutputOf<typeof contract.listManageableVolumeDetails>> {
    return { 'manageable-volumes': (await this.manageable.list(caller, hostIn(query), pageOf(query))).map(detailView) };
  }

  @Endpoint(contract.listOldManageableVolumeDetails)
  async detailOld(input: Listing): Promise<OutputOf<typeof contract.listManageableVolumeDetails>> {
    return this.detail(input);
  }

  @Endpoint(contract.manageVolume)
  async manage(input: Managing): Promise<OutputOf<typeof contract.manageVolume>> {
    const volume = await this.manageable.manage(input.caller, wishOf(input.body.volume));
    return { volume: volumeView({ ...volume, attachments: [] }, this.access.visibility(input.caller, targetOf(volume)), input) };
  }

  @Endpoint(contract.manageOldVolume)
  async manageOld(input: Managing): Promise<OutputOf<typeof contract.manageVolume>> {
    return this.manage(input);
  }

  @Endpoint(volumeActions.unmanageVolume)
  async unmanage({ caller, params }: InputOf<typeof volumeActions.unmanageVolume>): Promise<OutputOf<typeof volumeActions.unmanageVolume>> {
    await this.manageable.unmanage(caller, params['volume_id'] as string);
  }
}

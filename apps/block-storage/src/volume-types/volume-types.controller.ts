import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { volumeTypes } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { TypeAccessService } from './type-access.service.js';
import { TypeExtraSpecsService } from './type-extra-specs.service.js';
import { VolumeTypesService } from './volume-types.service.js';
import { accessView, volumeTypeView } from './volume-types.views.js';

type Params = Readonly<Record<string, string>>;
const typeId = (params: Params): string => params['type_id'] as string;
const specKey = (params: Params): string => params['key'] as string;

@Controller()
export class VolumeTypesController {
  constructor(private readonly types: VolumeTypesService, private readonly specs: TypeExtraSpecsService, private readonly access: TypeAccessService) {}

  @Endpoint(volumeTypes.listVolumeTypes)
  async list({ caller, query, request }: InputOf<typeof volumeTypes.listVolumeTypes>) {
    const { found, page } = await this.types.list(caller, query);
    const sight = this.types.seenBy(caller);
    const links = nextLinks('volume_type_links', request, caller, { isFull: found.length === page.limit, last: found.at(-1)?.id });
    return { volume_types: found.map((type) => volumeTypeView(type, sight)), ...links };
  }

  @Endpoint(volumeTypes.createVolumeType)
  async create({ caller, body }: InputOf<typeof volumeTypes.createVolumeType>) {
    // The id of QoS specs was never a part of this answer, and checking clients take it for an error.
    return { volume_type: volumeTypeView(await this.types.create(caller, body.volume_type), { ...this.types.seenBy(caller), qosSpecs: false }) };
  }

  @Endpoint(volumeTypes.showVolumeType)
  async show({ caller, params }: InputOf<typeof volumeTypes.showVolumeType>) {
    return { volume_type: volumeTypeView(await this.types.show(caller, typeId(params)), this.types.seenBy(caller)) };
  }

  @Endpoint(volumeTypes.updateVolumeType)
  async update({ caller, params, body }: InputOf<typeof volumeTypes.updateVolumeType>) {
    const sight = { ...this.types.seenBy(caller), access: false, qosSpecs: false };
    return { volume_type: volumeTypeView(await this.types.update(caller, typeId(params), body.volume_type), sight) };
  }

  @Endpoint(volumeTypes.deleteVolumeType)
  async delete({ caller, params }: InputOf<typeof volumeTypes.deleteVolumeType>) {
    await this.types.delete(caller, typeId(params));
  }

  @Endpoint(volumeTypes.listTypeExtraSpecs)
  async listSpecs({ caller, params }: InputOf<typeof volumeTypes.listTypeExtraSpecs>) {
    return { extra_specs: await this.specs.list(caller, typeId(params)) };
  }

  @Endpoint(volumeTypes.createTypeExtraSpecs)
  async createSpecs({ caller, params, body }: InputOf<typeof volumeTypes.createTypeExtraSpecs>) {
    return { extra_specs: await this.specs.add(caller, typeId(params), body.extra_specs) };
  }

  @Endpoint(volumeTypes.showTypeExtraSpec)
  async showSpec({ caller, params }: InputOf<typeof volumeTypes.showTypeExtraSpec>) {
    return this.specs.show(caller, typeId(params), specKey(params));
  }

  @Endpoint(volumeTypes.updateTypeExtraSpec)
  async updateSpec({ caller, params, body }: InputOf<typeof volumeTypes.updateTypeExtraSpec>) {
    return this.specs.update(caller, typeId(params), specKey(params), body);
  }

  @Endpoint(volumeTypes.deleteTypeExtraSpec)
  async deleteSpec({ caller, params }: InputOf<typeof volumeTypes.deleteTypeExtraSpec>) {
    await this.specs.remove(caller, typeId(params), specKey(params));
  }

  @Endpoint(volumeTypes.listTypeAccess)
  async listAccess({ caller, params }: InputOf<typeof volumeTypes.listTypeAccess>) {
    return accessView(typeId(params), await this.access.list(caller, typeId(params)));
  }

  @Endpoint(volumeTypes.addTypeAccess)
  async addAccess({ caller, params, body }: InputOf<typeof volumeTypes.addTypeAccess>) {
    await this.access.add(caller, typeId(params), body.addProjectAccess.project);
  }

  @Endpoint(volumeTypes.removeTypeAccess)
  async removeAccess({ caller, params, body }: InputOf<typeof volumeTypes.removeTypeAccess>) {
    await this.access.remove(caller, typeId(params), body.removeProjectAccess.project);
  }
}

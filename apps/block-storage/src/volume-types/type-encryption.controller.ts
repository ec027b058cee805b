import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { volumeTypes } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { TypeAccessService } from './type-access.service.js';
import { TypeEncryptionService } from './type-encryption.service.js';
import { EncryptionUnknown } from './volume-type-faults.js';
import { defaultTypeView, encryptionEcho, encryptionView, newEncryptionView } from './volume-types.views.js';

type Params = Readonly<Record<string, string>>;
const typeId = (params: Params): string => params['type_id'] as string;
const projectId = (params: Params): string => params['project_id'] as string;

@Controller()
export class TypeEncryptionController {
  constructor(private readonly encryption: TypeEncryptionService, private readonly defaults: TypeAccessService) {}

  @Endpoint(volumeTypes.showTypeEncryption)
  async show({ caller, params }: InputOf<typeof volumeTypes.showTypeEncryption>) {
    return encryptionView(await this.encryption.find(caller, typeId(params)));
  }

  @Endpoint(volumeTypes.createTypeEncryption)
  async create({ caller, params, body }: InputOf<typeof volumeTypes.createTypeEncryption>) {
    return { encryption: newEncryptionView(await this.encryption.create(caller, typeId(params), body.encryption)) };
  }

  @Endpoint(volumeTypes.showTypeEncryptionItem)
  async showItem({ caller, params }: InputOf<typeof volumeTypes.showTypeEncryptionItem>) {
    return itemOf(encryptionView(await this.encryption.find(caller, typeId(params))), typeId(params), params['encryption_id'] as string);
  }

  @Endpoint(volumeTypes.updateTypeEncryption)
  async update({ caller, params, body }: InputOf<typeof volumeTypes.updateTypeEncryption>) {
    await this.encryption.update(caller, typeId(params), body.encryption);
    return { encryption: encryptionEcho(body.encryption) };
  }

  @Endpoint(volumeTypes.deleteTypeEncryption)
  async delete({ caller, params }: InputOf<typeof volumeTypes.deleteTypeEncryption>) {
    await this.encryption.delete(caller, typeId(params));
  }

  @Endpoint(volumeTypes.listDefaultTypes)
  async listDefaults({ caller }: InputOf<typeof volumeTypes.listDefaultTypes>) {
    return { default_types: (await this.defaults.defaults(caller)).map(defaultTypeView) };
  }

  @Endpoint(volumeTypes.showDefaultType)
  async showDefault({ caller, params }: InputOf<typeof volumeTypes.showDefaultType>) {
    return { default_type: defaultTypeView(await this.defaults.showDefault(caller, projectId(params))) };
  }

  @Endpoint(volumeTypes.setDefaultType)
  async setDefault({ caller, params, body }: InputOf<typeof volumeTypes.setDefaultType>) {
    return { default_type: defaultTypeView(await this.defaults.setDefault(caller, projectId(params), body.default_type.volume_type)) };
  }

  @Endpoint(volumeTypes.unsetDefaultType)
  async unsetDefault({ caller, params }: InputOf<typeof volumeTypes.unsetDefaultType>) {
    await this.defaults.unsetDefault(caller, projectId(params));
  }
}

/** One property by its name. */
function itemOf(encryption: Record<string, unknown>, type: string, name: string): Record<string, unknown> {
  if (!Object.hasOwn(encryption, name)) throw new EncryptionUnknown(type);
  return { [name]: encryption[name] };
}

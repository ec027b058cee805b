import type { BodyOf, OutputOf, Reply } from '@virga/contract';
import { volumeTypes } from '@virga/contracts-block-storage';
import { bareTime, bareTimeOrNull } from '../wire/index.js';
import type { Encryption } from './encryption.js';
import type { ExtraSpecs } from './extra-specs.js';
import type { DefaultType } from './type-access.repository.js';
import type { VolumeType } from './volume-type.js';
import type { TypeSight } from './volume-types.service.js';

type Body<Output> = Exclude<Output, void | Reply<unknown>>;
type TypeView = Body<OutputOf<typeof volumeTypes.showVolumeType>>['volume_type'];
type EncryptionView = Body<OutputOf<typeof volumeTypes.showTypeEncryption>>;
type NewEncryptionView = Body<OutputOf<typeof volumeTypes.createTypeEncryption>>;

export function volumeTypeView(type: VolumeType, sight: TypeSight): TypeView {
  return {
    id: type.id, name: type.name, is_public: type.isPublic, description: type.description,
    ...(sight.extraSpecs && { extra_specs: visibleSpecs(type.extraSpecs, sight.allExtraSpecs) }),
    ...(sight.qosSpecs && { qos_specs_id: type.qosSpecsId }),
    ...(sight.access && { 'os-volume-type-access:is_public': type.isPublic }),
  };
}

/** What of the extra specs everybody may see, or all of them. */
export function visibleSpecs(extraSpecs: ExtraSpecs, seesAll: boolean): Record<string, string | null> {
  return Object.fromEntries(Object.entries(extraSpecs).filter(([key]) => seesAll || volumeTypes.USER_VISIBLE_EXTRA_SPECS.includes(key)));
}

export function accessView(typeId: string, projects: readonly string[]): Body<OutputOf<typeof volumeTypes.listTypeAccess>> {
  return { volume_type_access: projects.map((project) => ({ volume_type_id: typeId, project_id: project })) };
}

export function encryptionView(encryption: Encryption | undefined): EncryptionView {
  if (encryption === undefined) return {};
  return {
    ...newEncryptionView(encryption), deleted: false, created_at: bareTime(encryption.createdAt), updated_at: bareTimeOrNull(encryption.updatedAt), deleted_at: null,
  };
}

export function newEncryptionView({ typeId, id, provider, cipher, keySize, controlLocation }: Encryption): NewEncryptionView['encryption'] {
  return { volume_type_id: typeId, encryption_id: id, key_size: keySize, provider, control_location: controlLocation, cipher };
}

/** What was asked for, as it was asked for; a size is a number. */
export function encryptionEcho(wanted: BodyOf<typeof volumeTypes.updateTypeEncryption>['encryption']): Body<OutputOf<typeof volumeTypes.updateTypeEncryption>>['encryption'] {
  const { key_size: size, provider, control_location: location, cipher } = wanted;
  return {
    ...(size !== undefined && { key_size: size === null ? null : Number(size) }), ...(provider !== undefined && { provider }),
    ...(location !== undefined && { control_location: location }), ...(cipher !== undefined && { cipher }),
  };
}

export function defaultTypeView({ projectId, typeId }: DefaultType): { project_id: string; volume_type_id: string } {
  return { project_id: projectId, volume_type_id: typeId };
}

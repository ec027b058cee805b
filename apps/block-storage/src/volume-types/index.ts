export { DEFAULT_TYPE, VolumeTypeUnknown, type VolumeType } from './volume-type.js';
export { ChosenTypesRepository } from './chosen-types.repository.js';
export { requireEncryptable, type Encryption } from './encryption.js';
export { TypeEncryptionRepository } from './type-encryption.repository.js';
export { VolumeTypesRepository } from './volume-types.repository.js';
export { VolumeTypesModule } from './volume-types.module.js';
export { DefaultVolumeTypeRow, QosSpecsRow, VolumeTypeAccessRow, VolumeTypeEncryptionRow, VolumeTypeRow } from './volume-type.row.js';
export { isMultiattachType, unmetExtraSpec, zonesOf, type Capabilities, type ExtraSpecs } from './extra-specs.js';
export { requireProvisionable } from './provisioning.js';

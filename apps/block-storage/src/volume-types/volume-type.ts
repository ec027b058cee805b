import { NotFound } from '@virga/kernel';
import type { EncryptionSettings } from './encryption.js';
import type { ExtraSpecs } from './extra-specs.js';

/** The name of the type that volumes get where nobody chose one. */
export const DEFAULT_TYPE = '__DEFAULT__';

/** A volume type as far as making a volume depends on it. */
export interface VolumeType {
  id: string;
  name: string;
  description: string | null;
  isPublic: boolean;
  extraSpecs: ExtraSpecs;
  qosSpecsId: string | null;
  /** How its volumes are encrypted; null where they are not. */
  encryption: EncryptionSettings | null;
  isEncrypted: boolean;
}

export class VolumeTypeUnknown extends NotFound {
  constructor(idOrName: string) {
    super('block-storage.volume-type.unknown', `Volume type ${idOrName.slice(0, 64)} could not be found.`);
  }
}

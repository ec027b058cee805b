import { NotFound } from '@virga/kernel';

/** The name of the type that volumes get where nobody chose one. */
export const DEFAULT_TYPE = '__DEFAULT__';

/** A volume type as far as making a volume depends on it. */
export interface VolumeType {
  id: string;
  name: string;
  description: string | null;
  isPublic: boolean;
  extraSpecs: Record<string, string>;
  qosSpecsId: string | null;
  isEncrypted: boolean;
}

export class VolumeTypeUnknown extends NotFound {
  constructor(idOrName: string) {
    super('block-storage.volume-type.unknown', `Volume type ${idOrName.slice(0, 64)} could not be found.`);
  }
}

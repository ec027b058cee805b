import { Injectable } from '@nestjs/common';
import { only } from '@virga/kernel';
import type { Reader } from '@virga/persistence';
import type { Volume } from '../volume.js';

/** How a volume is encrypted, in the API's words; of one that is not, only that it has no key. */
export interface VolumeEncryption {
  encryption_key_id: string | null;
  control_location?: string;
  cipher?: string | null;
  key_size?: number | null;
  provider?: string;
}

interface Row {
  control_location: string;
  cipher: string | null;
  key_size: number | null;
  provider: string;
}

/** Reads how the types of volumes encrypt them. */
@Injectable()
export class VolumeEncryptionRepository {
  async of(db: Reader, { keyId, typeId }: Pick<Volume, 'keyId' | 'typeId'>): Promise<VolumeEncryption> {
    if (keyId === null) return { encryption_key_id: null };
    const row = only(await db.sql<Row>`SELECT control_location, cipher, key_size, provider FROM volume_type_encryption WHERE type_id = ${typeId}`);
    return { encryption_key_id: keyId, ...row };
  }
}

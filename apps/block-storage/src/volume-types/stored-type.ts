import { fragment } from '@virga/persistence';
import type { EncryptionSettings } from './encryption.js';
import type { VolumeType } from './volume-type.js';
import type { VolumeTypeRow } from './volume-type.row.js';

export type StoredType = VolumeTypeRow & { encryption: EncryptionSettings | null };

/** Volume types `t`, each with how its volumes are encrypted. */
export const TYPES = fragment`
  SELECT t.*, CASE WHEN e.type_id IS NOT NULL THEN
    jsonb_build_object('provider', e.provider, 'cipher', e.cipher, 'keySize', e.key_size, 'controlLocation', e.control_location) END AS encryption
  FROM volume_type t LEFT JOIN volume_type_encryption e ON e.type_id = t.id`;

export function typeFrom(row: StoredType): VolumeType {
  return {
    id: row.id, name: row.name, description: row.description, isPublic: row.is_public, extraSpecs: row.extra_specs, qosSpecsId: row.qos_specs_id,
    encryption: row.encryption, isEncrypted: row.encryption !== null,
  };
}

import { isTrue, type BodyOf, type OutputOf } from '@virga/contract';
import type { volumeActions as contract } from '@virga/contracts-block-storage';
import type { ImageWish } from '../../images/index.js';
import type { VolumeType } from '../../volume-types/index.js';
import { bareTimeOrNull } from '../../wire/index.js';
import type { Volume } from '../volume.js';
import type { UploadRequest } from './image-wish.js';

type Body = BodyOf<typeof contract.uploadVolumeToImage>['os-volume_upload_image'];

export function uploadRequest(body: Body): UploadRequest {
  return {
    name: body.image_name, diskFormat: body.disk_format ?? 'raw', containerFormat: body.container_format ?? 'bare', visibility: body.visibility ?? 'private',
    isProtected: isTrue(body.protected) === true,
  };
}

export function uploadView({ volume, image, type }: { volume: Volume; image: ImageWish; type: VolumeType | undefined }): Exclude<OutputOf<typeof contract.uploadVolumeToImage>, { options: unknown }> {
  return {
    'os-volume_upload_image': {
      id: volume.id, updated_at: bareTimeOrNull(volume.updatedAt), status: volume.status, display_description: volume.description, size: volume.sizeGibibytes,
      volume_type: type === undefined ? null : { id: type.id, name: type.name, description: type.description, is_public: type.isPublic, qos_specs_id: type.qosSpecsId },
      image_id: image.imageId, container_format: image.containerFormat, disk_format: image.diskFormat, image_name: image.name,
      visibility: image.visibility, protected: image.isProtected,
    },
  };
}

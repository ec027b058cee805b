import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { volumeKeys } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { VolumeKeysService } from './volume-keys.service.js';

@Controller()
export class VolumeKeysController {
  constructor(private readonly keys: VolumeKeysService) {}

  @Endpoint(volumeKeys.showVolumeKey)
  show({ params, request }: InputOf<typeof volumeKeys.showVolumeKey>) {
    return this.keys.show(params['key_id'] as string, request.headers);
  }
}

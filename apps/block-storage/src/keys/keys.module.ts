import { Module } from '@nestjs/common';
import { KeysReconciler } from './keys.reconciler.js';
import { KeysRepository } from './keys.repository.js';
import { VolumeKeys } from './volume-keys.js';
import { VolumeKeysController } from './volume-keys.controller.js';
import { VolumeKeysService } from './volume-keys.service.js';

/** Expects `VOLUME_KEY_SECRETS` and `STORAGE_SECRET`, globally. */
@Module({ controllers: [VolumeKeysController], providers: [KeysRepository, VolumeKeys, VolumeKeysService, KeysReconciler], exports: [VolumeKeys] })
export class KeysModule {}

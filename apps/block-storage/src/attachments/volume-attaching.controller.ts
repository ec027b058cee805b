import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { attachmentActions as actions } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { VolumeAttaching } from './volume-attaching.service.js';

@Controller()
export class VolumeAttachingController {
  constructor(private readonly service: VolumeAttaching) {}

  @Endpoint(actions.reserveVolume)
  async reserve({ caller, params }: InputOf<typeof actions.reserveVolume>) {
    await this.service.reserve(caller, params['volume_id'] as string);
  }

  @Endpoint(actions.unreserveVolume)
  async unreserve({ caller, params }: InputOf<typeof actions.unreserveVolume>) {
    await this.service.unreserve(caller, params['volume_id'] as string);
  }

  @Endpoint(actions.beginDetachingVolume)
  async beginDetaching({ caller, params }: InputOf<typeof actions.beginDetachingVolume>) {
    await this.service.beginDetaching(caller, params['volume_id'] as string);
  }

  @Endpoint(actions.rollDetachingVolume)
  async rollDetaching({ caller, params }: InputOf<typeof actions.rollDetachingVolume>) {
    await this.service.rollDetaching(caller, params['volume_id'] as string);
  }

  @Endpoint(actions.attachVolume)
  async attach({ caller, params, body }: InputOf<typeof actions.attachVolume>) {
    await this.service.attach(caller, params['volume_id'] as string, body['os-attach']);
  }

  @Endpoint(actions.detachVolume)
  async detach({ caller, params, body }: InputOf<typeof actions.detachVolume>) {
    await this.service.detach(caller, params['volume_id'] as string, body['os-detach']?.attachment_id ?? undefined);
  }

  @Endpoint(actions.forceDetachVolume)
  async forceDetach({ caller, params, body }: InputOf<typeof actions.forceDetachVolume>) {
    await this.service.forceDetach(caller, params['volume_id'] as string, body['os-force_detach'].attachment_id ?? undefined);
  }

  @Endpoint(actions.initializeVolumeConnection)
  async initializeConnection({ caller, params, body, request }: InputOf<typeof actions.initializeVolumeConnection>) {
    return this.service.initializeConnection(caller, params['volume_id'] as string, body['os-initialize_connection'].connector, request);
  }

  @Endpoint(actions.terminateVolumeConnection)
  async terminateConnection({ caller, params, body }: InputOf<typeof actions.terminateVolumeConnection>) {
    await this.service.terminateConnection(caller, params['volume_id'] as string, body['os-terminate_connection'].connector);
  }
}

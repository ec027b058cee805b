import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { images } from '@virga/contracts-image';
import { Endpoint } from '@virga/http';
import { Bug, Invalid } from '@virga/kernel';
import { UploadsService } from './uploads.service.js';

@Controller()
export class UploadsController {
  constructor(private readonly uploads: UploadsService) {}

  @Endpoint(images.uploadImage)
  async upload({ caller, params, request }: InputOf<typeof images.uploadImage>) {
    const type = request.headers['content-type'];
    if (type !== 'application/octet-stream') throw new Invalid('request.content-type', `The content type must be application/octet-stream, not '${String(type).slice(0, 80)}'.`, { status: 415 });
    if (request.stream === undefined) throw new Bug('image.upload.stream', 'The request has no stream.');
    await this.uploads.upload(caller, params['image_id'] as string, request.stream, request.signal);
  }
}

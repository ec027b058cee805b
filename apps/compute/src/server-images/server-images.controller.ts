import { Controller } from '@nestjs/common';
import { reply, type InputOf, type OutputOf } from '@virga/contract';
import { createServerImage, serverVersions } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ServerImages } from './server-images.service.js';

@Controller()
export class ServerImagesController {
  constructor(private readonly images: ServerImages) {}

  @Endpoint(createServerImage)
  async create({ caller, params, body, request, version }: InputOf<typeof createServerImage>): Promise<OutputOf<typeof createServerImage>> {
    const { name, metadata = {} } = body.createImage;
    const imageId = await this.images.create(caller, params['server_id'] as string, { name, metadata }, request.signal);
    return reply({ image_id: imageId }, { headers: version >= serverVersions.imageInBody ? {} : { location: `${request.baseUrl}/images/${imageId}` } });
  }
}

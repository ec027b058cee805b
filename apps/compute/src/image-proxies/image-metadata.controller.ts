import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { ImageMetadataService } from './image-metadata.service.js';

const idOf = (params: Readonly<Record<string, string>>): string => params['image_id'] as string;
const keyOf = (params: Readonly<Record<string, string>>): string => params['key'] as string;

@Controller()
export class ImageMetadataController {
  constructor(private readonly metadata: ImageMetadataService) {}

  @Endpoint(proxies.listImageMetadata)
  async list(input: InputOf<typeof proxies.listImageMetadata>) {
    return { metadata: await this.metadata.list(input, idOf(input.params)) };
  }

  @Endpoint(proxies.addImageMetadata)
  async add(input: InputOf<typeof proxies.addImageMetadata>) {
    return { metadata: await this.metadata.add(input, idOf(input.params), input.body.metadata) };
  }

  @Endpoint(proxies.replaceImageMetadata)
  async replace(input: InputOf<typeof proxies.replaceImageMetadata>) {
    return { metadata: await this.metadata.replace(input, idOf(input.params), input.body.metadata) };
  }

  @Endpoint(proxies.showImageMetadataEntry)
  async show(input: InputOf<typeof proxies.showImageMetadataEntry>) {
    return { meta: await this.metadata.show(input, idOf(input.params), keyOf(input.params)) };
  }

  @Endpoint(proxies.setImageMetadataEntry)
  async set(input: InputOf<typeof proxies.setImageMetadataEntry>) {
    return { meta: await this.metadata.set(input, idOf(input.params), keyOf(input.params), input.body.meta) };
  }

  @Endpoint(proxies.deleteImageMetadataEntry)
  async remove(input: InputOf<typeof proxies.deleteImageMetadataEntry>) {
    await this.metadata.remove(input, idOf(input.params), keyOf(input.params));
  }
}

import { Controller } from '@nestjs/common';
import { reply, type InputOf } from '@virga/contract';
import { images } from '@virga/contracts-image';
import { Endpoint } from '@virga/http';
import { patchSteps, type SentStep } from './image-patch.js';
import { ImagesService } from './images.service.js';
import { imagePage, imageView } from './images.views.js';

@Controller()
export class ImagesController {
  constructor(private readonly images: ImagesService) {}

  @Endpoint(images.createImage)
  async create({ caller, body, request }: InputOf<typeof images.createImage>) {
    const view = imageView(await this.images.create(caller, body));
    return reply(view, { headers: { location: `${request.baseUrl}/v2/images/${view.id}` } });
  }

  @Endpoint(images.listImages)
  async list({ caller, query, request }: InputOf<typeof images.listImages>) {
    const { found, page } = await this.images.list(caller, query);
    return imagePage(found, request.url, page.limit);
  }

  @Endpoint(images.showImage)
  async show({ caller, params }: InputOf<typeof images.showImage>) {
    return imageView(await this.images.show(caller, params['image_id'] as string));
  }

  @Endpoint(images.updateImage)
  async update({ caller, params, body, request }: InputOf<typeof images.updateImage>) {
    const steps = patchSteps(body as SentStep[], request.headers['content-type'] as string);
    return imageView(await this.images.update(caller, params['image_id'] as string, steps));
  }

  @Endpoint(images.deleteImage)
  async delete({ caller, params }: InputOf<typeof images.deleteImage>) {
    await this.images.delete(caller, params['image_id'] as string);
  }

  @Endpoint(images.deactivateImage)
  async deactivate({ caller, params }: InputOf<typeof images.deactivateImage>) {
    await this.images.deactivate(caller, params['image_id'] as string);
  }

  @Endpoint(images.reactivateImage)
  async reactivate({ caller, params }: InputOf<typeof images.reactivateImage>) {
    await this.images.reactivate(caller, params['image_id'] as string);
  }

  @Endpoint(images.addTag)
  async addTag({ caller, params }: InputOf<typeof images.addTag>) {
    await this.images.addTag(caller, params['image_id'] as string, params['tag'] as string);
  }

  @Endpoint(images.removeTag)
  async removeTag({ caller, params }: InputOf<typeof images.removeTag>) {
    await this.images.removeTag(caller, params['image_id'] as string, params['tag'] as string);
  }
}

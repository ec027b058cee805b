import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { nextLinks } from '../wire/index.js';
import { propertiesOf, type GlanceImage } from './glance-image.js';
import { ImageProxiesService } from './image-proxies.service.js';

const idOf = (params: Readonly<Record<string, string>>): string => params['image_id'] as string;

@Controller()
export class ImageProxiesController {
  constructor(private readonly images: ImageProxiesService) {}

  @Endpoint(proxies.listProxiedImages)
  async list(input: InputOf<typeof proxies.listProxiedImages>) {
    const { images, limit } = await this.images.list(input, proxies.listProxiedImages.policy, input.query);
    const links = nextLinks('images_links', input.request, { limit, found: images.length, last: images.at(-1)?.id });
    return { images: images.map(({ id, name }) => ({ id, name, links: linksOf(id, input.request) })), ...links };
  }

  @Endpoint(proxies.listProxiedImageDetails)
  async detail(input: InputOf<typeof proxies.listProxiedImageDetails>) {
    const { images, limit } = await this.images.list(input, proxies.listProxiedImageDetails.policy, input.query);
    const links = nextLinks('images_links', input.request, { limit, found: images.length, last: images.at(-1)?.id });
    return { images: images.map((image) => view(image, input.request)), ...links };
  }

  @Endpoint(proxies.showProxiedImage)
  async show(input: InputOf<typeof proxies.showProxiedImage>) {
    return { image: view(await this.images.show(input, idOf(input.params)), input.request) };
  }

  @Endpoint(proxies.deleteProxiedImage)
  async delete(input: InputOf<typeof proxies.deleteProxiedImage>) {
    await this.images.delete(input, idOf(input.params));
  }
}

const STATUSES: Readonly<Record<string, string>> = { active: 'ACTIVE', queued: 'SAVING', saving: 'SAVING', deleted: 'DELETED', pending_delete: 'DELETED', killed: 'ERROR' };
const PROGRESS: Readonly<Record<string, number>> = { active: 100, saving: 50, queued: 25 };

function view(image: GlanceImage, request: RequestFacts) {
  return {
    id: image.id, name: image.name, status: STATUSES[image.status] ?? 'UNKNOWN', progress: PROGRESS[image.status] ?? 0,
    minRam: Number(image['min_ram'] ?? 0), minDisk: Number(image['min_disk'] ?? 0), metadata: propertiesOf(image),
    created: String(image['created_at']), updated: String(image['updated_at']), 'OS-EXT-IMG-SIZE:size': (image['size'] as number | null | undefined) ?? null,
    links: linksOf(image.id, request),
  };
}

function linksOf(id: string, { baseUrl }: RequestFacts) {
  return [
    { rel: 'self', href: `${baseUrl}/v2.1/images/${id}` }, { rel: 'bookmark', href: `${baseUrl}/images/${id}` },
    { rel: 'alternate', type: 'application/vnd.openstack.image', href: `${baseUrl}/images/${id}` },
  ];
}

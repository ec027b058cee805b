import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule, QueryOf } from '@virga/contract';
import { proxies } from '@virga/contracts-compute';
import { pageRequest } from '@virga/http';
import { Policy } from '@virga/policy';
import { IMAGE_PEER, type OnBehalf, type Peer } from '../peers/index.js';
import { MAX_PAGE } from '../wire/index.js';
import type { GlanceImage } from './glance-image.js';

const PAGE = { maxLimit: MAX_PAGE, sortable: [], defaultSort: [], defaultDirection: 'desc' as const };

/** The images of the image service for clients of before 2.36; it decides what the caller sees. */
@Injectable()
export class ImageProxiesService {
  constructor(@Inject(IMAGE_PEER) private readonly image: Peer, private readonly policy: Policy) {}

  async list(by: OnBehalf, rule: PolicyRule, query: QueryOf<typeof proxies.listProxiedImages>): Promise<{ images: GlanceImage[]; limit: number }> {
    this.policy.require(by.caller, rule);
    const { limit, marker } = pageRequest(query, PAGE);
    const filters = {
      name: query.name, status: query.status?.toLowerCase(), min_ram: query.minRam, min_disk: query.minDisk, image_type: query.type,
      instance_uuid: query.server?.split('/').at(-1),
    };
    const images = (await this.image.get(by, '/v2/images', { ...filters, limit: String(limit), marker }))['images'] as GlanceImage[];
    return { images, limit };
  }

  async show(by: OnBehalf, id: string): Promise<GlanceImage> {
    this.policy.require(by.caller, proxies.showProxiedImage.policy);
    return await this.image.get(by, `/v2/images/${encodeURIComponent(id)}`) as GlanceImage;
  }

  async delete(by: OnBehalf, id: string): Promise<void> {
    this.policy.require(by.caller, proxies.deleteProxiedImage.policy);
    await this.image.delete(by, `/v2/images/${encodeURIComponent(id)}`);
  }
}

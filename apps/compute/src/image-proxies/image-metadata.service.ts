import { Inject, Injectable } from '@nestjs/common';
import { proxies } from '@virga/contracts-compute';
import { Invalid, NotFound, ownEntry } from '@virga/kernel';
import { Policy } from '@virga/policy';
import { IMAGE_PEER, type OnBehalf, type Peer } from '../peers/index.js';
import { patchSteps, propertiesOf, type GlanceImage } from './glance-image.js';

type Properties = Record<string, string>;

const PATCH_TYPE = 'application/openstack-images-v2.1-json-patch';

/** Properties of images for clients of before 2.39. */
@Injectable()
export class ImageMetadataService {
  constructor(@Inject(IMAGE_PEER) private readonly image: Peer, private readonly policy: Policy) {}

  async list(by: OnBehalf, id: string): Promise<Properties> {
    this.policy.require(by.caller, proxies.listImageMetadata.policy);
    return propertiesOf(await this.image.get(by, pathOf(id)) as GlanceImage);
  }

  async show(by: OnBehalf, id: string, key: string): Promise<Properties> {
    const properties = await this.list(by, id);
    return { [key]: valueOf(properties, key) };
  }

  add(by: OnBehalf, id: string, more: Properties): Promise<Properties> {
    return this.change(by, id, (properties) => ({ ...properties, ...more }));
  }

  replace(by: OnBehalf, id: string, next: Properties): Promise<Properties> {
    return this.change(by, id, () => next);
  }

  async set(by: OnBehalf, id: string, key: string, entry: Properties): Promise<Properties> {
    if (!Object.hasOwn(entry, key)) throw new Invalid('compute.image.metadata-mismatch', 'Request body and URI mismatch');
    await this.add(by, id, entry);
    return entry;
  }

  async remove(by: OnBehalf, id: string, key: string): Promise<void> {
    await this.change(by, id, (properties) => {
      valueOf(properties, key);
      return Object.fromEntries(Object.entries(properties).filter(([name]) => name !== key));
    });
  }

  private async change(by: OnBehalf, id: string, next: (properties: Properties) => Properties): Promise<Properties> {
    const before = await this.list(by, id);
    const wanted = next(before);
    const steps = patchSteps(before, wanted);
    return steps.length === 0 ? before : propertiesOf(await this.image.patch(by, pathOf(id), steps, PATCH_TYPE) as GlanceImage);
  }
}

function pathOf(id: string): string {
  return `/v2/images/${encodeURIComponent(id)}`;
}

function valueOf(properties: Properties, key: string): string {
  const value = ownEntry(properties, key);
  if (value === undefined) throw new NotFound('compute.image.metadata-unknown', 'Invalid metadata key');
  return value;
}

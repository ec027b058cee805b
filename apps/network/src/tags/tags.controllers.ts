import { Controller, Inject, type Type } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { tagEndpointsByCollection, type TaggedCollection } from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import { TagsService, type Tagged } from './tags.service.js';

/** The controller for the tags of one collection's resources: the six endpoints are the same for each. */
export function tagsController(collection: TaggedCollection, kind: Tagged): Type<object> {
  const { list, replace, clear, check, add, remove } = tagEndpointsByCollection[collection];
  const see = list.policy;
  const update = { see, act: replace.policy };
  const removal = { see, act: clear.policy };

  @Controller()
  class TagsController {
    constructor(@Inject(TagsService) private readonly tags: TagsService) {}

    @Endpoint(list)
    async list({ caller, params }: InputOf<typeof list>) {
      return { tags: await this.tags.list(caller, kind, params['id'] ?? '', see) };
    }

    @Endpoint(replace)
    async replace({ caller, params, body }: InputOf<typeof replace>) {
      return { tags: await this.tags.change(caller, kind, params['id'] ?? '', update, () => body.tags) };
    }

    @Endpoint(clear)
    async clear({ caller, params }: InputOf<typeof clear>): Promise<void> {
      await this.tags.change(caller, kind, params['id'] ?? '', removal, () => []);
    }

    @Endpoint(check)
    async check({ caller, params }: InputOf<typeof check>): Promise<void> {
      await this.tags.requireTag(caller, kind, params['id'] ?? '', params['tag'] ?? '', see);
    }

    @Endpoint(add)
    async add({ caller, params }: InputOf<typeof add>): Promise<void> {
      await this.tags.change(caller, kind, params['id'] ?? '', update, (tags) => [...tags, params['tag'] ?? '']);
    }

    @Endpoint(remove)
    async remove({ caller, params }: InputOf<typeof remove>): Promise<void> {
      await this.tags.remove(caller, kind, params['id'] ?? '', params['tag'] ?? '', removal);
    }
  }
  return TagsController;
}

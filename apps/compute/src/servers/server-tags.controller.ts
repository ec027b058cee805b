import { Controller } from '@nestjs/common';
import { reply, type InputOf, type OutputOf, type RequestFacts } from '@virga/contract';
import { addServerTag, checkServerTag, deleteServerTag, deleteServerTags, listServerTags, replaceServerTags } from '@virga/contracts-compute';
import { Endpoint, selfUrl } from '@virga/http';
import { ServerTags } from './server-tags.service.js';

const idOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['server_id'] as string;
const tagOf = ({ params }: { params: Readonly<Record<string, string>> }): string => params['tag'] as string;
const created = (isNew: boolean, request: RequestFacts) => (isNew ? reply(undefined, { status: 201, headers: { location: selfUrl(request) } }) : reply(undefined, { status: 204 }));

@Controller()
export class ServerTagsController {
  constructor(private readonly tags: ServerTags) {}

  @Endpoint(listServerTags)
  async list(input: InputOf<typeof listServerTags>): Promise<OutputOf<typeof listServerTags>> {
    return { tags: await this.tags.list(input.caller, idOf(input)) };
  }

  @Endpoint(replaceServerTags)
  async replace(input: InputOf<typeof replaceServerTags>): Promise<OutputOf<typeof replaceServerTags>> {
    return { tags: await this.tags.replace(input.caller, idOf(input), input.body.tags) };
  }

  @Endpoint(deleteServerTags)
  async clear(input: InputOf<typeof deleteServerTags>): Promise<OutputOf<typeof deleteServerTags>> {
    await this.tags.clear(input.caller, idOf(input));
  }

  @Endpoint(checkServerTag)
  async check(input: InputOf<typeof checkServerTag>): Promise<OutputOf<typeof checkServerTag>> {
    await this.tags.check(input.caller, idOf(input), tagOf(input));
  }

  @Endpoint(addServerTag)
  async add(input: InputOf<typeof addServerTag>): Promise<OutputOf<typeof addServerTag>> {
    return created(await this.tags.add(input.caller, idOf(input), tagOf(input)), input.request);
  }

  @Endpoint(deleteServerTag)
  async delete(input: InputOf<typeof deleteServerTag>): Promise<OutputOf<typeof deleteServerTag>> {
    await this.tags.delete(input.caller, idOf(input), tagOf(input));
  }
}

import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { addServerTag, checkServerTag, deleteServerTag, deleteServerTags, listServerTags, replaceServerTags } from '@virga/contracts-compute';
import { Invalid, NotFound, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { ServerAccess } from './server-access.js';
import { ServersRepository } from './servers.repository.js';

const MOST_TAGS = 50;
const LONGEST_TAG = 60;

class TagUnknown extends NotFound {
  constructor(server: string, tag: string) {
    super('compute.server.tag-unknown', `Server ${server} has no tag '${tag.slice(0, LONGEST_TAG)}'`);
  }
}

/** Short words by which users find their servers. */
@Injectable()
export class ServerTags {
  constructor(private readonly db: Database, private readonly servers: ServersRepository, private readonly access: ServerAccess) {}

  async list(caller: Caller, id: string): Promise<string[]> {
    return (await this.access.require(caller, listServerTags.policy, id)).tags;
  }

  async check(caller: Caller, id: string, tag: string): Promise<void> {
    const server = await this.access.require(caller, checkServerTag.policy, id);
    if (!server.tags.includes(tag)) throw new TagUnknown(server.id, tag);
  }

  replace(caller: Caller, id: string, tags: string[]): Promise<string[]> {
    return this.change(caller, replaceServerTags.policy, id, () => [...new Set(tags)]);
  }

  async clear(caller: Caller, id: string): Promise<void> {
    await this.change(caller, deleteServerTags.policy, id, () => []);
  }

  /** Whether the tag is new. */
  async add(caller: Caller, id: string, tag: string): Promise<boolean> {
    if (tag.length > LONGEST_TAG || /[,/]/.test(tag)) {
      throw new Invalid('compute.server.tag', `A tag has at most ${LONGEST_TAG} characters, and neither comma nor slash.`);
    }
    let isNew = false;
    await this.change(caller, addServerTag.policy, id, (tags) => {
      isNew = !tags.includes(tag);
      if (isNew && tags.length >= MOST_TAGS) throw new Invalid('compute.server.tags-full', `The number of tags exceeded the per-server limit ${MOST_TAGS}`);
      return isNew ? [...tags, tag] : tags;
    });
    return isNew;
  }

  async delete(caller: Caller, id: string, tag: string): Promise<void> {
    await this.change(caller, deleteServerTag.policy, id, (tags) => {
      if (!tags.includes(tag)) throw new TagUnknown(id, tag);
      return tags.filter((other) => other !== tag);
    });
  }

  private async change(caller: Caller, rule: PolicyRule, id: string, next: (tags: string[]) => string[]): Promise<string[]> {
    const { id: known } = await this.access.require(caller, rule, id);
    return this.db.transaction(async (tx) => {
      const server = await this.servers.lock(tx, known);
      this.access.requireUnlocked(caller, server);
      return (await this.servers.edit(tx, server, { tags: next(server.tags) })).tags;
    });
  }
}

import { Injectable } from '@nestjs/common';
import type { PolicyRule, QueryOf, VersionNumber } from '@virga/contract';
import { userMessages } from '@virga/contracts-block-storage';
import { Invalid, raise, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { MarkerUnknown, offsetPage, type OffsetPage } from '../wire/index.js';
import { MessageUnknown, type Message } from './message.js';
import { MESSAGE_FILTERS, MessagesRepository, type MessageFilter } from './messages.repository.js';

const PAGE = { sortable: [...userMessages.MESSAGE_SORT_KEYS], defaultSort: [{ key: 'created_at', direction: 'desc' as const }] };
const PAGING: readonly string[] = ['limit', 'marker', 'offset', 'sort', 'sort_key', 'sort_dir'];

type Query = QueryOf<typeof userMessages.listMessages>;

class FilterUnknown extends Invalid {
  constructor(names: readonly string[]) {
    super('block-storage.filter.unknown', `Invalid filters ${names.map((name) => name.slice(0, 64)).join(', ')} are found in query options.`);
  }
}

@Injectable()
export class MessagesService {
  constructor(private readonly db: Database, private readonly messages: MessagesRepository, private readonly policy: Policy) {}

  /** The messages of the caller's project, of all projects for administrators. */
  async list(caller: Caller, query: Query, version: VersionNumber): Promise<{ found: Message[]; page: OffsetPage }> {
    this.policy.require(caller, userMessages.listMessages.policy, { project_id: caller.projectId });
    const hasPages = version >= userMessages.messageVersions.paging;
    const page = offsetPage(hasPages ? query : {}, PAGE);
    const project = projectSeenBy(caller);
    if (page.marker !== undefined && await this.messages.find(this.db, page.marker, project) === undefined) throw new MarkerUnknown(page.marker);
    return { found: await this.messages.page(this.db, project, hasPages ? filtersFrom(query, version) : [], page), page };
  }

  get(caller: Caller, id: string): Promise<Message> {
    return this.require(caller, userMessages.showMessage.policy, id);
  }

  async delete(caller: Caller, id: string): Promise<void> {
    const message = await this.require(caller, userMessages.deleteMessage.policy, id);
    await this.db.transaction((tx) => this.messages.delete(tx, message.id));
  }

  /** Messages of other projects do not exist. */
  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<Message> {
    const message = await this.messages.find(this.db, id, projectSeenBy(caller));
    this.policy.require(caller, rule, { project_id: message?.projectId ?? caller.projectId });
    return message ?? raise(new MessageUnknown(id));
  }
}

function projectSeenBy(caller: Caller): string | undefined {
  return caller.roles.has('admin') ? undefined : caller.projectId ?? '';
}

function filtersFrom(query: Query, version: VersionNumber): MessageFilter[] {
  const given = Object.entries(query as Record<string, unknown>).filter(([name]) => !PAGING.includes(name));
  const filters = given.map(([name, value]) => ({ name: name.replace(/~$/, ''), value: String(value), isPart: name.endsWith('~') && version >= userMessages.messageVersions.likeFilters }));
  const isKnown = ({ name, isPart }: MessageFilter, index: number): boolean => MESSAGE_FILTERS.includes(name) && (isPart || given[index]?.[0] === name);
  const unknown = filters.filter((filter, index) => !isKnown(filter, index));
  if (unknown.length > 0 && version >= userMessages.messageVersions.strictFilters) throw new FilterUnknown(unknown.map(({ name }) => name));
  return filters.filter((filter) => !unknown.includes(filter));
}

import { Injectable } from '@nestjs/common';
import type { BodyOf, RequestFacts } from '@virga/contract';
import { externalEvents } from '@virga/contracts-compute';
import type { Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { InterfacesRepository } from '../interfaces/index.js';
import { NetworkCalls } from '../network/index.js';
import { ExternalEventsRepository } from './external-events.repository.js';

type Event = BodyOf<typeof externalEvents.createExternalEvents>['events'][number];

export type Verdict = Event & { code: number; status: string };

/** Events that mean nothing without the thing that they are about. */
const TAGGED = new Set(['volume-extended', 'volume-reimaged']);

/**
 * What others say has happened to servers.
 *
 * Our own network service tells us by the bus; this is for others. An event is a reason to look: the servers' interfaces are
 * asked for again and noted, so that a false or repeated event changes nothing.
 */
@Injectable()
export class ExternalEventsService {
  constructor(
    private readonly db: Database,
    private readonly servers: ExternalEventsRepository,
    private readonly network: NetworkCalls,
    private readonly interfaces: InterfacesRepository,
    private readonly policy: Policy,
  ) {}

  async take(caller: Caller, events: readonly Event[], { signal }: Pick<RequestFacts, 'signal'>): Promise<Verdict[]> {
    this.policy.require(caller, externalEvents.createExternalEvents.policy);
    const hosts = await this.servers.hostsOf(this.db, [...new Set(events.map(({ server_uuid: id }) => id))]);
    const verdicts = events.map((event): Verdict => {
      const code = codeOf(event, hosts);
      return { ...event, code, status: code === 200 ? 'completed' : 'failed' };
    });
    const changed = new Set(verdicts.filter(({ code, name }) => code === 200 && name.startsWith('network-')).map(({ server_uuid: id }) => id.toLowerCase()));
    if (changed.size > 0) {
      const nics = await this.network.describePorts([...changed], signal);
      await this.db.transaction((tx) => this.interfaces.record(tx, nics));
    }
    return verdicts;
  }
}

/** Nova's words: 404 no such server, 400 a tag is missing, 422 it is on no host yet. */
function codeOf({ name, server_uuid: id, tag }: Event, hosts: ReadonlyMap<string, string | null>): number {
  const host = hosts.get(id.toLowerCase());
  if (host === undefined) return 404;
  if (TAGGED.has(name) && tag === undefined) return 400;
  return host === null ? 422 : 200;
}

import { Inject, Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { Policy } from '@virga/policy';
import { BLOCK_STORAGE_PEER, type OnBehalf, type Peer } from '../peers/index.js';
import { MAX_PAGE } from '../wire/index.js';
import type { Shown } from './volume-proxies.views.js';

export type Kind = 'volumes' | 'snapshots';
type Page = { limit?: number | number[] | undefined; offset?: number | number[] | undefined };

const MEMBERS = { volumes: 'volume', snapshots: 'snapshot' } as const;

/** Volumes and snapshots for clients of before 2.36: block storage is asked in the caller's name, and decides itself what the caller may do. */
@Injectable()
export class VolumeProxies {
  constructor(@Inject(BLOCK_STORAGE_PEER) private readonly storage: Peer, private readonly policy: Policy) {}

  async list(by: OnBehalf, rule: PolicyRule, kind: Kind, { limit, offset }: Page): Promise<Shown[]> {
    this.allow(by, rule);
    const count = Math.min(last(limit) || MAX_PAGE, MAX_PAGE);
    return (await this.storage.get(by, `${pathOf(by, kind)}/detail`, { limit: String(count), offset: String(last(offset) ?? 0) }))[kind] as Shown[];
  }

  async show(by: OnBehalf, rule: PolicyRule, kind: Kind, id: string): Promise<Shown> {
    this.allow(by, rule);
    return (await this.storage.get(by, `${pathOf(by, kind)}/${encodeURIComponent(id)}`))[MEMBERS[kind]] as Shown;
  }

  async create(by: OnBehalf, rule: PolicyRule, kind: Kind, request: object): Promise<Shown> {
    this.allow(by, rule);
    return (await this.storage.post(by, pathOf(by, kind), request))[MEMBERS[kind]] as Shown;
  }

  async remove(by: OnBehalf, rule: PolicyRule, kind: Kind, id: string): Promise<void> {
    this.allow(by, rule);
    await this.storage.delete(by, `${pathOf(by, kind)}/${encodeURIComponent(id)}`);
  }

  private allow({ caller }: OnBehalf, rule: PolicyRule): void {
    this.policy.require(caller, rule, { project_id: caller.projectId });
  }
}

function pathOf({ caller }: OnBehalf, kind: Kind): string {
  return `/v3/${caller.projectId ?? ''}/${kind}`;
}

/** Of repeated parameters the last counts. */
function last(value: number | number[] | undefined): number | undefined {
  return [value ?? []].flat().at(-1);
}

import { Inject, Injectable } from '@nestjs/common';
import type { BodyOf, PolicyRule, QueryOf, VersionNumber } from '@virga/contract';
import { keypairs } from '@virga/contracts-compute';
import { pageRequest } from '@virga/http';
import { CLOCK, raise, type Caller, type Clock, type UserId } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Quotas } from '@virga/quota';
import { MarkerUnknown, MAX_PAGE } from '../wire/index.js';
import { parseCertificate } from './certificate.js';
import { generateKeypair, type GeneratedKeypair } from './generate-keypair.js';
import { KeypairUnknown, type Keypair, type PublicKey } from './keypair.js';
import { KeypairsRepository } from './keypairs.repository.js';
import { parseSshPublicKey } from './ssh-public-key.js';

const PAGE = { maxLimit: MAX_PAGE, sortable: [], defaultSort: [], defaultDirection: 'asc' as const };

type WantedKeypair = BodyOf<typeof keypairs.createKeypair>['keypair'];

export interface NewKeypair {
  keypair: Keypair;
  /** Where we made the key. */
  privateKey: string | undefined;
}

export interface KeypairPage {
  found: Keypair[];
  limit: number;
}

@Injectable()
export class KeypairsService {
  constructor(
    private readonly db: Database,
    private readonly keypairs: KeypairsRepository,
    private readonly quotas: Quotas,
    private readonly policy: Policy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async list(caller: Caller, query: QueryOf<typeof keypairs.listKeypairs>, version: VersionNumber): Promise<KeypairPage> {
    const owner = this.owner(caller, keypairs.listKeypairs.policy, query.user_id, version);
    if (version < keypairs.keypairVersions.paging) {
      return { found: await this.keypairs.page(this.db, owner, { limit: undefined, after: undefined }), limit: Number.POSITIVE_INFINITY };
    }
    const { limit, marker } = pageRequest(query, PAGE);
    if (marker !== undefined && (await this.keypairs.findPublicKey(this.db, owner, marker)) === undefined) throw new MarkerUnknown(marker);
    return { found: await this.keypairs.page(this.db, owner, { limit, after: marker }), limit };
  }

  async show(caller: Caller, name: string, user: string | undefined, version: VersionNumber): Promise<Keypair> {
    const owner = this.owner(caller, keypairs.showKeypair.policy, user, version);
    return await this.keypairs.find(this.db, owner, name) ?? raise(new KeypairUnknown(name, owner));
  }

  async create(caller: Caller, wanted: WantedKeypair, version: VersionNumber): Promise<NewKeypair> {
    const owner = this.owner(caller, keypairs.createKeypair.policy, wanted.user_id, version);
    const key = await this.keyOf(wanted, owner);
    return this.db.transaction(async (tx) => {
      await this.quotas.charge(tx, { user: owner, project: caller.projectId }, keypairs.createKeypair.charges);
      return { keypair: await this.keypairs.insert(tx, owner, wanted.name, key), privateKey: 'privateKey' in key ? key.privateKey : undefined };
    });
  }

  async delete(caller: Caller, name: string, user: string | undefined, version: VersionNumber): Promise<void> {
    const owner = this.owner(caller, keypairs.deleteKeypair.policy, user, version);
    const wasThere = await this.db.transaction((tx) => this.keypairs.delete(tx, owner, name));
    if (!wasThere) throw new KeypairUnknown(name, owner);
  }

  /** Whose key pairs are meant, once the rule lets the caller at them. */
  private owner(caller: Caller, rule: PolicyRule, asked: string | undefined, version: VersionNumber): UserId {
    const owner = version >= keypairs.keypairVersions.otherUsers && asked !== undefined && asked !== '' ? asked as UserId : caller.userId;
    this.policy.require(caller, rule, { user_id: owner });
    return owner;
  }

  private keyOf({ public_key: text, type = 'ssh' }: WantedKeypair, owner: UserId): Promise<GeneratedKeypair> | PublicKey {
    if (text === undefined) return generateKeypair(type, owner, this.clock);
    return type === 'ssh' ? parseSshPublicKey(text) : parseCertificate(text);
  }
}

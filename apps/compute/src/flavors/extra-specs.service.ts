import { Injectable } from '@nestjs/common';
import { flavors } from '@virga/contracts-compute';
import { Invalid, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { ExtraSpecUnknown } from './flavor.js';
import { FlavorsRepository } from './flavors.repository.js';
import { FlavorsService } from './flavors.service.js';

/** Values as clients send them; they are kept as text. */
type SentSpecs = Readonly<Record<string, string | number>>;

@Injectable()
export class ExtraSpecsService {
  constructor(private readonly db: Database, private readonly flavors: FlavorsRepository, private readonly lookup: FlavorsService, private readonly policy: Policy) {}

  async list(caller: Caller, id: string): Promise<Record<string, string>> {
    return (await this.lookup.get(caller, id, flavors.listExtraSpecsRule)).extraSpecs;
  }

  async show(caller: Caller, id: string, key: string): Promise<Record<string, string>> {
    const { extraSpecs } = await this.lookup.get(caller, id, flavors.showExtraSpec.policy);
    const value = Object.hasOwn(extraSpecs, key) ? extraSpecs[key] : undefined;
    if (value === undefined) throw new ExtraSpecUnknown(id, key);
    return { [key]: value };
  }

  async add(caller: Caller, id: string, specs: SentSpecs): Promise<Record<string, string>> {
    this.policy.require(caller, flavors.createExtraSpecs.policy);
    const texts = textsOf(specs);
    await this.db.transaction((tx) => this.flavors.addExtraSpecs(tx, id, texts));
    return texts;
  }

  async set(caller: Caller, id: string, key: string, specs: SentSpecs): Promise<Record<string, string>> {
    this.policy.require(caller, flavors.updateExtraSpec.policy);
    if (!Object.hasOwn(specs, key)) throw new Invalid('compute.flavor.extra-spec', 'Request body and URI mismatch');
    const texts = textsOf(specs);
    await this.db.transaction((tx) => this.flavors.addExtraSpecs(tx, id, texts));
    return texts;
  }

  async remove(caller: Caller, id: string, key: string): Promise<void> {
    await this.lookup.get(caller, id, flavors.deleteExtraSpec.policy);
    const wasThere = await this.db.transaction((tx) => this.flavors.removeExtraSpec(tx, id, key));
    if (!wasThere) throw new ExtraSpecUnknown(id, key);
  }
}

function textsOf(specs: SentSpecs): Record<string, string> {
  return Object.fromEntries(Object.entries(specs).map(([key, value]) => [key, String(value)]));
}

import { Injectable } from '@nestjs/common';
import type { PolicyRule, QueryOf } from '@virga/contract';
import { placement } from '@virga/contracts-compute';
import { Invalid, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Names } from './names.js';
import { requireGeneration, type Provider } from './provider.js';
import { ProvidersRepository } from './providers.repository.js';
import { QueryInvalid } from './queries.js';
import { isCustomName, STANDARD_TRAITS } from './standard-names.js';
import { TraitsRepository, TraitUnknown } from './traits.repository.js';

const STANDARD = new Set(STANDARD_TRAITS);

export interface ProviderTraits {
  provider: Provider;
  traits: string[];
}

@Injectable()
export class TraitsService {
  constructor(
    private readonly db: Database,
    private readonly traits: TraitsRepository,
    private readonly providers: ProvidersRepository,
    private readonly names: Names,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, { name, associated }: QueryOf<typeof placement.listTraits>): Promise<string[]> {
    this.policy.require(caller, placement.listTraits.policy);
    const isWanted = filterFrom(name);
    const wantsAssociated = associationFrom(associated);
    const all = [...new Set([...STANDARD_TRAITS, ...await this.traits.names(this.db)])].sort();
    if (wantsAssociated === undefined) return all.filter(isWanted);
    const used = new Set(await this.traits.associated(this.db));
    return all.filter((trait) => isWanted(trait) && used.has(trait) === wantsAssociated);
  }

  async requireTrait(caller: Caller, name: string): Promise<void> {
    this.policy.require(caller, placement.showTrait.policy);
    if (!STANDARD.has(name) && !(await this.traits.exists(this.db, name))) throw new TraitUnknown(name);
  }

  /** Answers whether it is new. */
  async ensure(caller: Caller, name: string): Promise<boolean> {
    this.policy.require(caller, placement.ensureTrait.policy);
    if (!isCustomName(name)) {
      throw new Invalid('placement.trait.name', 'The trait is invalid. A valid trait must be no longer than 255 characters, start with the prefix "CUSTOM_" and use following characters: "A"-"Z", "0"-"9" and "_"');
    }
    return this.db.transaction((tx) => this.traits.ensure(tx, [name]));
  }

  async delete(caller: Caller, name: string): Promise<void> {
    this.policy.require(caller, placement.deleteTrait.policy);
    const isKnown = STANDARD.has(name) || await this.traits.exists(this.db, name);
    if (!isKnown) throw new TraitUnknown(name);
    if (!isCustomName(name)) throw new Invalid('placement.trait.standard', `Cannot delete standard trait ${name}.`);
    await this.db.transaction((tx) => this.traits.delete(tx, name));
  }

  async ofProvider(caller: Caller, uuid: string): Promise<ProviderTraits> {
    this.policy.require(caller, placement.listProviderTraits.policy);
    const provider = await this.providers.get(this.db, uuid);
    return { provider, traits: await this.traits.ofProvider(this.db, provider.uuid) };
  }

  replace(caller: Caller, uuid: string, wanted: readonly string[], generation: number): Promise<ProviderTraits> {
    return this.change(caller, placement.replaceProviderTraits.policy, uuid, async (tx, provider) => {
      requireGeneration(provider, generation);
      await this.names.requireTraits(tx, wanted);
      return wanted;
    });
  }

  async deleteAll(caller: Caller, uuid: string): Promise<void> {
    await this.change(caller, placement.deleteProviderTraits.policy, uuid, async () => []);
  }

  private change(caller: Caller, rule: PolicyRule, uuid: string, choose: (tx: Tx, provider: Provider) => Promise<readonly string[]>): Promise<ProviderTraits> {
    this.policy.require(caller, rule);
    return this.db.transaction(async (tx) => {
      const seen = await this.providers.lock(tx, uuid);
      const wanted = [...new Set(await choose(tx, seen))];
      await this.traits.ensure(tx, wanted);
      if (await this.traits.setOfProvider(tx, seen.uuid, wanted)) await this.providers.raiseGeneration(tx, [seen.uuid]);
      return { provider: await this.providers.get(tx, seen.uuid), traits: await this.traits.ofProvider(tx, seen.uuid) };
    });
  }
}

/** Reads `in:A,B` and `startswith:PREFIX`. */
function filterFrom(text: string | undefined): (name: string) => boolean {
  if (text === undefined) return () => true;
  if (text.startsWith('startswith:')) return (name) => name.startsWith(text.slice('startswith:'.length));
  if (text.startsWith('in:')) return (name) => text.slice('in:'.length).split(',').includes(name);
  throw new QueryInvalid(`Badly formatted name parameter. Expected name query string parameter in form: ?name=[in|startswith]:[name1,name2|prefix]. Got: "${text.slice(0, 100)}"`);
}

function associationFrom(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  const word = text.toLowerCase();
  if (word !== 'true' && word !== 'false') throw new QueryInvalid('The query parameter "associated" only accepts "true" or "false"');
  return word === 'true';
}

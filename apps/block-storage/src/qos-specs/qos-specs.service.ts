import { Injectable } from '@nestjs/common';
import { isTrue, type BodyOf, type PolicyRule, type QueryOf } from '@virga/contract';
import { qos as contract } from '@virga/contracts-block-storage';
import { newId, raise, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { VolumeTypesRepository, type VolumeType } from '../volume-types/index.js';
import { MarkerUnknown, offsetPage, type OffsetPage } from '../wire/index.js';
import { QosInUse, QosKeyUnknown, QosUnknown, type QosAssociation, type QosSpecs } from './qos-specs.js';
import { QosSpecsRepository } from './qos-specs.repository.js';
import { QosInvalid, requireUsable } from './volume-limits.js';

const PAGE = { sortable: [...contract.QOS_SORT_KEYS], defaultSort: [{ key: 'created_at', direction: 'desc' as const }] };

/** Who holds volumes to their limits where nobody says. */
const DEFAULT_CONSUMER = 'back-end';

@Injectable()
export class QosSpecsService {
  constructor(private readonly db: Database, private readonly qos: QosSpecsRepository, private readonly types: VolumeTypesRepository, private readonly policy: Policy) {}

  async list(caller: Caller, query: QueryOf<typeof contract.listQosSpecs>): Promise<{ found: QosSpecs[]; page: OffsetPage }> {
    this.policy.require(caller, contract.listQosSpecs.policy);
    const page = offsetPage(query, PAGE);
    if (page.marker !== undefined && await this.qos.find(this.db, page.marker) === undefined) throw new MarkerUnknown(page.marker);
    const { id, name, consumer } = query;
    return { found: await this.qos.page(this.db, { id, name, consumer }, page), page };
  }

  create(caller: Caller, { name, ...rest }: BodyOf<typeof contract.createQosSpecs>['qos_specs']): Promise<QosSpecs> {
    this.policy.require(caller, contract.createQosSpecs.policy);
    const { consumer = DEFAULT_CONSUMER, ...specs } = textsFrom(rest);
    requireConsumer(consumer);
    requireUsable(specs);
    return this.db.transaction((tx) => this.qos.insert(tx, { id: newId(), name: name.trim(), consumer, specs }));
  }

  async get(caller: Caller, id: string, rule: PolicyRule = contract.showQosSpecs.policy): Promise<QosSpecs> {
    this.policy.require(caller, rule);
    return await this.qos.find(this.db, id) ?? raise(new QosUnknown(id));
  }

  /** Answers what was set. */
  async update(caller: Caller, id: string, wanted: BodyOf<typeof contract.updateQosSpecs>['qos_specs']): Promise<Record<string, string>> {
    this.policy.require(caller, contract.updateQosSpecs.policy);
    const texts = textsFrom(wanted);
    const { consumer, ...specs } = texts;
    if (consumer !== undefined) requireConsumer(consumer);
    await this.db.transaction(async (tx) => {
      const now = await this.qos.lock(tx, id);
      const all = { ...now.specs, ...specs };
      requireUsable(all);
      await this.qos.set(tx, id, { consumer: consumer ?? now.consumer, specs: all });
    });
    return texts;
  }

  delete(caller: Caller, id: string, force: string | undefined): Promise<void> {
    this.policy.require(caller, contract.deleteQosSpecs.policy);
    const isForced = force !== undefined && (isTrue(force) ?? raise(new QosInvalid(`Value '${force.slice(0, 64)}' for force is not a boolean.`)));
    return this.db.transaction(async (tx) => {
      await this.qos.lock(tx, id);
      if (!isForced && (await this.qos.associations(tx, id)).length > 0) throw new QosInUse();
      await this.qos.disassociateAll(tx, id);
      await this.qos.delete(tx, id);
    });
  }

  deleteKeys(caller: Caller, id: string, keys: readonly string[]): Promise<void> {
    this.policy.require(caller, contract.deleteQosKeys.policy);
    return this.db.transaction(async (tx) => {
      const { consumer, specs } = await this.qos.lock(tx, id);
      const missing = keys.find((key) => !Object.hasOwn(specs, key));
      if (missing !== undefined) throw new QosKeyUnknown(id, missing);
      await this.qos.set(tx, id, { consumer, specs: Object.fromEntries(Object.entries(specs).filter(([key]) => !keys.includes(key))) });
    });
  }

  async associations(caller: Caller, id: string): Promise<QosAssociation[]> {
    await this.get(caller, id, contract.listQosAssociations.policy);
    return this.qos.associations(this.db, id);
  }

  associate(caller: Caller, id: string, typeId: string | undefined): Promise<void> {
    return this.change(caller, contract.associateQos.policy, id, typeId, async (tx, { qosSpecsId }, type) => {
      if (qosSpecsId !== null && qosSpecsId !== id) {
        throw new QosInvalid(`Invalid volume type: Type ${type} is already associated with another qos specs: ${qosSpecsId}`);
      }
      await this.qos.associate(tx, id, type);
    });
  }

  disassociate(caller: Caller, id: string, typeId: string | undefined): Promise<void> {
    return this.change(caller, contract.disassociateQos.policy, id, typeId, async (tx, { qosSpecsId }, type) => {
      if (qosSpecsId === id) await this.qos.associate(tx, null, type);
    });
  }

  disassociateAll(caller: Caller, id: string): Promise<void> {
    this.policy.require(caller, contract.disassociateAllQos.policy);
    return this.db.transaction(async (tx) => {
      await this.qos.lock(tx, id);
      await this.qos.disassociateAll(tx, id);
    });
  }

  private change(
    caller: Caller, rule: PolicyRule, id: string, typeId: string | undefined, make: (tx: Tx, type: VolumeType, typeId: string) => Promise<void>,
  ): Promise<void> {
    this.policy.require(caller, rule);
    if (typeId === undefined || typeId === '') throw new QosInvalid('Volume Type id must not be None.');
    return this.db.transaction(async (tx) => {
      await this.qos.lock(tx, id);
      await make(tx, await this.types.lock(tx, typeId), typeId);
    });
  }
}

/** Values are texts; numbers are taken as such, anything else is refused. */
function textsFrom(wanted: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(wanted).map(([key, value]) => {
    const text = typeof value === 'number' ? String(value) : value;
    const fits = typeof text === 'string' && text.length <= 255 && /^[a-zA-Z0-9-_:. /]{1,255}$/.test(key);
    if (!fits) throw new QosInvalid(`Invalid qos specs: ${key.slice(0, 64)} must be a text of at most 255 characters.`);
    return [key, text];
  }));
}

function requireConsumer(consumer: string): void {
  if (!(contract.QOS_CONSUMERS as readonly string[]).includes(consumer)) {
    throw new QosInvalid(`Invalid qos specs: consumer must be one of ${contract.QOS_CONSUMERS.join(', ')}.`);
  }
}

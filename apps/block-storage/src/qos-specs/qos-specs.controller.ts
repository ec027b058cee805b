import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { qos as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { linksTo, nextLinks } from '../wire/index.js';
import type { QosSpecs } from './qos-specs.js';
import { QosSpecsService } from './qos-specs.service.js';

type Params = Readonly<Record<string, string>>;
const qosId = (params: Params): string => params['qos_id'] as string;

@Controller()
export class QosSpecsController {
  constructor(private readonly qos: QosSpecsService) {}

  @Endpoint(contract.listQosSpecs)
  async list({ caller, query, request }: InputOf<typeof contract.listQosSpecs>) {
    const { found, page } = await this.qos.list(caller, query);
    const links = nextLinks('qos_specs_links', request, caller, { isFull: found.length === page.limit, last: found.at(-1)?.id });
    return { qos_specs: found.map(qosView), ...links };
  }

  @Endpoint(contract.createQosSpecs)
  async create({ caller, body, request }: InputOf<typeof contract.createQosSpecs>) {
    const made = await this.qos.create(caller, body.qos_specs);
    return { qos_specs: qosView(made), links: linksTo('qos-specs', made.id, request, caller) };
  }

  @Endpoint(contract.showQosSpecs)
  async show({ caller, params, request }: InputOf<typeof contract.showQosSpecs>) {
    const found = await this.qos.get(caller, qosId(params));
    return { qos_specs: qosView(found), links: linksTo('qos-specs', found.id, request, caller) };
  }

  @Endpoint(contract.updateQosSpecs)
  async update({ caller, params, body }: InputOf<typeof contract.updateQosSpecs>) {
    return { qos_specs: await this.qos.update(caller, qosId(params), body.qos_specs) };
  }

  @Endpoint(contract.deleteQosSpecs)
  async delete({ caller, params, query }: InputOf<typeof contract.deleteQosSpecs>) {
    await this.qos.delete(caller, qosId(params), query.force);
  }

  @Endpoint(contract.deleteQosKeys)
  async deleteKeys({ caller, params, body }: InputOf<typeof contract.deleteQosKeys>) {
    await this.qos.deleteKeys(caller, qosId(params), body.keys);
  }

  @Endpoint(contract.listQosAssociations)
  async associations({ caller, params }: InputOf<typeof contract.listQosAssociations>) {
    const types = await this.qos.associations(caller, qosId(params));
    return { qos_associations: types.map(({ typeId, typeName }) => ({ association_type: 'volume_type', name: typeName, id: typeId })) };
  }

  @Endpoint(contract.associateQos)
  async associate({ caller, params, query }: InputOf<typeof contract.associateQos>) {
    await this.qos.associate(caller, qosId(params), query.vol_type_id);
  }

  @Endpoint(contract.disassociateQos)
  async disassociate({ caller, params, query }: InputOf<typeof contract.disassociateQos>) {
    await this.qos.disassociate(caller, qosId(params), query.vol_type_id);
  }

  @Endpoint(contract.disassociateAllQos)
  async disassociateAll({ caller, params }: InputOf<typeof contract.disassociateAllQos>) {
    await this.qos.disassociateAll(caller, qosId(params));
  }
}

function qosView({ id, name, consumer, specs }: QosSpecs) {
  return { id, name, consumer, specs: { ...specs } };
}

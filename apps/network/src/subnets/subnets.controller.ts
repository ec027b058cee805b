import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { createSubnet, deleteSubnet, listSubnets, showSubnet, updateSubnet } from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import { expectedRevision } from '../access/index.js';
import { fieldsOf, listRequest, page, pageLinks, visibleFields } from '../listing/index.js';
import { SubnetsService } from './subnets.service.js';
import { subnetView } from './subnets.views.js';

const NOTHING: ReadonlySet<string> = new Set();

@Controller()
export class SubnetsController {
  constructor(private readonly subnets: SubnetsService) {}

  @Endpoint(createSubnet)
  async create({ caller, body }: InputOf<typeof createSubnet>): Promise<OutputOf<typeof createSubnet>> {
    const created = await this.subnets.create(caller, body.subnets ?? (body.subnet === undefined ? [] : [body.subnet]));
    const views = created.map(subnetView);
    return body.subnets === undefined ? { subnet: views[0] ?? {} } : { subnets: views };
  }

  @Endpoint(listSubnets)
  async list({ caller, query, request }: InputOf<typeof listSubnets>): Promise<OutputOf<typeof listSubnets>> {
    const list = listRequest(query);
    const subnets = await this.subnets.list(caller, list);
    return page('subnets', subnets.map((subnet) => visibleFields(subnetView(subnet), list.fields, NOTHING)), pageLinks(request, list, subnets)) as OutputOf<typeof listSubnets>;
  }

  @Endpoint(showSubnet)
  async show({ caller, params, query }: InputOf<typeof showSubnet>): Promise<OutputOf<typeof showSubnet>> {
    return { subnet: visibleFields(subnetView(await this.subnets.show(caller, params['subnet_id'] ?? '')), fieldsOf(query), NOTHING) };
  }

  @Endpoint(updateSubnet)
  async update({ caller, params, body, request }: InputOf<typeof updateSubnet>): Promise<OutputOf<typeof updateSubnet>> {
    return { subnet: subnetView(await this.subnets.update(caller, params['subnet_id'] ?? '', body.subnet, expectedRevision(request))) };
  }

  @Endpoint(deleteSubnet)
  async delete({ caller, params, request }: InputOf<typeof deleteSubnet>): Promise<void> {
    await this.subnets.delete(caller, params['subnet_id'] ?? '', expectedRevision(request));
  }
}

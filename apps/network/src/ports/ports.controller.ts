import { Controller, Inject } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { createPort, deletePort, listPorts, showPort, updatePort } from '@virga/contracts-network';
import { Endpoint } from '@virga/http';
import { expectedRevision } from '../access/index.js';
import { fieldsOf, listRequest, page, pageLinks, visibleFields } from '../listing/index.js';
import { MODEL_DEFAULTS, type ModelDefaults } from '../realization/index.js';
import type { Port } from './port.js';
import { PortsService } from './ports.service.js';
import { portView } from './ports.views.js';

@Controller()
export class PortsController {
  constructor(private readonly ports: PortsService, @Inject(MODEL_DEFAULTS) private readonly defaults: ModelDefaults) {}

  @Endpoint(createPort)
  async create({ caller, body }: InputOf<typeof createPort>): Promise<OutputOf<typeof createPort>> {
    const hidden = this.ports.hidden(caller);
    const created = await this.ports.create(caller, body.ports ?? (body.port === undefined ? [] : [body.port]));
    const views = created.map((port) => this.view(port, new Set(), hidden));
    return body.ports === undefined ? { port: views[0] ?? {} } : { ports: views };
  }

  @Endpoint(listPorts)
  async list({ caller, query, request }: InputOf<typeof listPorts>): Promise<OutputOf<typeof listPorts>> {
    const list = listRequest(query);
    const hidden = this.ports.hidden(caller);
    const ports = await this.ports.list(caller, list);
    return page('ports', ports.map((port) => this.view(port, list.fields, hidden)), pageLinks(request, list, ports)) as OutputOf<typeof listPorts>;
  }

  @Endpoint(showPort)
  async show({ caller, params, query }: InputOf<typeof showPort>): Promise<OutputOf<typeof showPort>> {
    const port = await this.ports.show(caller, params['port_id'] ?? '');
    return { port: this.view(port, fieldsOf(query), this.ports.hidden(caller)) };
  }

  @Endpoint(updatePort)
  async update({ caller, params, body, request }: InputOf<typeof updatePort>): Promise<OutputOf<typeof updatePort>> {
    const port = await this.ports.update(caller, params['port_id'] ?? '', body.port, expectedRevision(request));
    return { port: this.view(port, new Set(), this.ports.hidden(caller)) };
  }

  @Endpoint(deletePort)
  async delete({ caller, params, request }: InputOf<typeof deletePort>): Promise<void> {
    await this.ports.delete(caller, params['port_id'] ?? '', expectedRevision(request));
  }

  private view(port: Port, fields: ReadonlySet<string>, hidden: ReadonlySet<string>) {
    return visibleFields(portView(port, this.defaults.domainName), fields, hidden);
  }
}

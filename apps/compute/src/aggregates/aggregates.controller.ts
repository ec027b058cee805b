import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { aggregates } from '@virga/contracts-compute';
import { Endpoint } from '@virga/http';
import { AggregatesService } from './aggregates.service.js';
import { aggregateView } from './aggregates.views.js';

const idOf = (params: Readonly<Record<string, string>>): string => params['aggregate_id'] as string;

@Controller()
export class AggregatesController {
  constructor(private readonly aggregates: AggregatesService) {}

  @Endpoint(aggregates.listAggregates)
  async list({ caller }: InputOf<typeof aggregates.listAggregates>) {
    return { aggregates: (await this.aggregates.list(caller)).map(aggregateView) };
  }

  @Endpoint(aggregates.createAggregate)
  async create({ caller, body }: InputOf<typeof aggregates.createAggregate>) {
    return { aggregate: aggregateView(await this.aggregates.create(caller, body.aggregate)) };
  }

  @Endpoint(aggregates.showAggregate)
  async show({ caller, params }: InputOf<typeof aggregates.showAggregate>) {
    return { aggregate: aggregateView(await this.aggregates.get(caller, idOf(params))) };
  }

  @Endpoint(aggregates.updateAggregate)
  async update({ caller, params, body }: InputOf<typeof aggregates.updateAggregate>) {
    return { aggregate: aggregateView(await this.aggregates.update(caller, idOf(params), body.aggregate)) };
  }

  @Endpoint(aggregates.deleteAggregate)
  async delete({ caller, params }: InputOf<typeof aggregates.deleteAggregate>) {
    await this.aggregates.delete(caller, idOf(params));
  }

  @Endpoint(aggregates.addHost)
  async addHost({ caller, params, body }: InputOf<typeof aggregates.addHost>) {
    return { aggregate: aggregateView(await this.aggregates.addHost(caller, idOf(params), body.add_host.host)) };
  }

  @Endpoint(aggregates.removeHost)
  async removeHost({ caller, params, body }: InputOf<typeof aggregates.removeHost>) {
    return { aggregate: aggregateView(await this.aggregates.removeHost(caller, idOf(params), body.remove_host.host)) };
  }

  @Endpoint(aggregates.setAggregateMetadata)
  async setMetadata({ caller, params, body }: InputOf<typeof aggregates.setAggregateMetadata>) {
    return { aggregate: aggregateView(await this.aggregates.setMetadata(caller, idOf(params), body.set_metadata.metadata)) };
  }
}

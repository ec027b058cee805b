import { Controller } from '@nestjs/common';
import type { InputOf, OutputOf } from '@virga/contract';
import { resourceFilters as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { Policy } from '@virga/policy';

@Controller()
export class ResourceFiltersController {
  constructor(private readonly policy: Policy) {}

  @Endpoint(contract.listResourceFilters)
  list({ caller, query }: InputOf<typeof contract.listResourceFilters>): OutputOf<typeof contract.listResourceFilters> {
    this.policy.require(caller, contract.listResourceFilters.policy, {});
    const [wanted] = [query.resource].flat();
    const found = Object.entries(contract.RESOURCE_FILTERS).filter(([resource]) => wanted === undefined || wanted === '' || resource === wanted);
    return { resource_filters: found.map(([resource, filters]) => ({ resource, filters: [...filters] })) };
  }
}

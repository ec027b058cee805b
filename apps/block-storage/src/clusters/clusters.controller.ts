import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { clusters as contract } from '@virga/contracts-block-storage';
import { Endpoint } from '@virga/http';
import { ClustersService } from './clusters.service.js';

@Controller()
export class ClustersController {
  constructor(private readonly clusters: ClustersService) {}

  @Endpoint(contract.listClusters)
  list({ caller, query, version }: InputOf<typeof contract.listClusters>) {
    return { clusters: this.clusters.list(caller, contract.listClusters.policy, query, version) };
  }

  @Endpoint(contract.listClusterDetails)
  listDetails({ caller, query, version }: InputOf<typeof contract.listClusterDetails>) {
    return { clusters: this.clusters.list(caller, contract.listClusterDetails.policy, query, version) };
  }

  @Endpoint(contract.showCluster)
  show({ caller, params }: InputOf<typeof contract.showCluster>) {
    return this.clusters.find(caller, contract.showCluster.policy, params['cluster_name'] as string);
  }

  @Endpoint(contract.enableCluster)
  enable({ caller, body }: InputOf<typeof contract.enableCluster>) {
    return this.clusters.find(caller, contract.enableCluster.policy, body.name);
  }

  @Endpoint(contract.disableCluster)
  disable({ caller, body }: InputOf<typeof contract.disableCluster>) {
    return this.clusters.find(caller, contract.disableCluster.policy, body.name);
  }

  @Endpoint(contract.cleanUpWorkers)
  cleanUp({ caller, body }: InputOf<typeof contract.cleanUpWorkers>) {
    return this.clusters.cleanUp(caller, body);
  }
}

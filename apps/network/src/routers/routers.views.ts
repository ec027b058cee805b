import type { Static } from '@virga/contract';
import type { RouterView } from '@virga/contracts-network';
import { ZONE } from '../availability/index.js';
import { standardAttributes } from '../resources/index.js';
import type { RouterInterface } from './router-interfaces.service.js';
import type { Router } from './router.js';

export function routerView(router: Router): Static<typeof RouterView> {
  const { gateway } = router;
  return {
    ...standardAttributes(router),
    name: router.name,
    admin_state_up: router.admin_state_up,
    status: router.status,
    external_gateway_info: gateway === null ? null : {
      network_id: gateway.network_id, enable_snat: router.enable_snat, external_fixed_ips: gateway.external_fixed_ips,
    },
    routes: router.routes,
    availability_zone_hints: router.availability_zone_hints,
    availability_zones: [ZONE],
    flavor_id: null,
    distributed: router.is_distributed,
    ha: router.is_ha,
  };
}

export function interfaceView({ router, portId, networkId, subnetIds }: RouterInterface) {
  return {
    id: router.id, project_id: router.project_id, tenant_id: router.project_id, network_id: networkId, port_id: portId,
    subnet_id: subnetIds[0] ?? '', subnet_ids: [...subnetIds], tags: router.tags,
  };
}

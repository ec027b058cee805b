import { computeEndpoints } from '@virga/contracts-compute';
import { demoProject, describeFuzz, describeMatrix } from '@virga/testing';
import { operatorScenes } from './operators.scenes.js';
import { serverScenes } from './servers/servers.scenes.js';
import { inVersion, SceneWorld, useSharedComputeWorld } from './testing/index.js';

/** The servers' own endpoints have their tests beside them; everything else is here. */
const endpoints = Object.fromEntries(Object.entries(computeEndpoints).filter(([name]) => serverScenes[name] === undefined));

describe('the compute API for operators', () => {
  const compute = useSharedComputeWorld();
  let world: SceneWorld;
  beforeAll(async () => {
    world = new SceneWorld(compute());
    await world.liftQuotas();
  });

  describeMatrix({
    basePath: '/v2.1', endpoints, scenes: operatorScenes, world: () => world, request: (request) => world.compute.request(request),
    versionHeader: inVersion, latest: '2.93',
  });

  /** Things that exist, by the name of the path parameter that means them. */
  const known: Readonly<Record<string, () => Promise<string[]> | string[]>> = {
    server_id: async () => [await world.server()],
    flavor_id: async () => [await world.flavor(), await world.flavor({ 'os-flavor-access:is_public': false })],
    keypair_name: async () => [await world.keypair('admin')],
    aggregate_id: async () => [await world.aggregate()],
    host_name: async () => [(await world.host()).name],
    hypervisor_id: async () => [(await world.host()).id, (await world.host()).number],
    service_id: async () => [(await world.host()).service, (await world.host()).number, 'enable', 'disable', 'force-down', 'disable-log-reason'],
    project_id: () => [demoProject],
    class_name: () => ['default'],
    security_group_id: () => [world.peerEntry('security-groups')],
    floating_ip_id: () => [world.peerEntry('floatingips', { floating_ip_address: '198.51.100.9', floating_network_id: 'n' })],
    network_id: () => ['11111111-1111-4111-8111-111111111111'],
    image_id: () => [world.image()],
    alias: () => ['os-keypairs'],
    key: () => ['key'],
  };

  describeFuzz({
    basePath: '/v2.1', endpoints, request: (request) => world.compute.request(request), as: 'admin', runs: 30,
    known: (parameter) => known[parameter]?.() ?? [], versionHeader: inVersion, versions: ['2.1', '2.20', '2.42', '2.59', '2.75', '2.93'],
  });
});

import { createConnection } from 'node:net';
import type { Session } from '../session.js';

/** One real guest: from the request to the first words of its SSH server over a floating IP. */
export async function guest(session: Session): Promise<void> {
  const { client } = session;
  const network = `${session.url('network')}/v2.0`;
  const compute = session.url('compute');
  const named = async <Entry extends { name: string }>(url: string, key: string, name: string): Promise<Entry & { id: string }> =>
    (await client.demand<Record<string, (Entry & { id: string })[]>>({ method: 'GET', url }))[key]?.find((entry) => entry.name === name) ?? missing(name);
  const image = await named(`${session.url('image')}/v2/images`, 'images', 'virga-linux');
  const flavor = await named(`${compute}/flavors`, 'flavors', 'm1.nano');
  const external = await named(`${network}/networks`, 'networks', 'public');
  const made: string[] = [];
  const make = async <T extends Record<string, { id: string }>>(path: string, key: string, body: object): Promise<T[string] & Record<string, unknown>> => {
    const one = (await client.demand<T>({ method: 'POST', url: `${network}/${path}`, body: { [key]: body } }))[key] as T[string] & Record<string, unknown>;
    made.unshift(`${network}/${path}/${one.id}`);
    return one;
  };
  const own = await make('networks', 'network', { name: 'bench-guest' });
  const subnet = await make('subnets', 'subnet', { network_id: own.id, ip_version: 4, cidr: '10.201.0.0/24' });
  const router = await make('routers', 'router', { name: 'bench-guest', external_gateway_info: { network_id: external.id } });
  await client.demand({ method: 'PUT', url: `${network}/routers/${router.id}/add_router_interface`, body: { subnet_id: subnet.id } });
  const group = await make('security-groups', 'security_group', { name: 'bench-guest' });
  await client.demand({ method: 'POST', url: `${network}/security-group-rules`, body: { security_group_rule: { security_group_id: group.id, direction: 'ingress', protocol: 'tcp', port_range_min: 22, port_range_max: 22 } } });
  const port = await make('ports', 'port', { network_id: own.id, security_groups: [group.id] });
  const floating = await make('floatingips', 'floatingip', { floating_network_id: external.id, port_id: port.id });

  const startedAt = performance.now();
  const { server } = await client.demand<{ server: { id: string } }>({
    method: 'POST', url: `${compute}/servers`, body: { server: { name: 'bench-guest', flavorRef: flavor.id, imageRef: image.id, networks: [{ port: port.id }], availability_zone: 'nova' } },
  });
  for (let status = 'BUILD'; status === 'BUILD'; ) status = (await client.demand<{ server: { status: string } }>({ method: 'GET', url: `${compute}/servers/${server.id}` })).server.status;
  session.add({ what: 'create → ACTIVE, real host', figures: { ms: performance.now() - startedAt } });
  await untilBanner(String(floating['floating_ip_address']));
  session.add({ what: 'create → SSH, real host', figures: { seconds: (performance.now() - startedAt) / 1000 } });

  await client.demand({ method: 'DELETE', url: `${compute}/servers/${server.id}` });
  while ((await client.send({ method: 'GET', url: `${compute}/servers/${server.id}` })).status !== 404) await new Promise((resolve) => { setTimeout(resolve, 100); });
  await client.demand({ method: 'DELETE', url: made.shift() as string });
  await client.demand({ method: 'PUT', url: `${network}/routers/${router.id}/remove_router_interface`, body: { subnet_id: subnet.id } });
  for (const url of made) await client.demand({ method: 'DELETE', url });
}

function missing(name: string): never {
  throw new Error(`There is no ${name}.`);
}

async function untilBanner(address: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (await hasBanner(address)) return;
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  throw new Error(`${address} did not answer on port 22.`);
}

function hasBanner(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port: 22, timeout: 1_000 });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket.once('data', (bytes) => end(String(bytes).startsWith('SSH-'))).once('error', () => end(false)).once('timeout', () => end(false));
  });
}

import 'reflect-metadata';
import { demoProject } from '@virga/testing';
import { useNetwork, type Json } from './testing/index.js';

describe('what one request makes while another takes it away', () => {
  const world = useNetwork();
  beforeAll(() => world.unlimit(demoProject));

  const group = async (): Promise<Json> => (await world.ok('alice', 'POST', '/security-groups', { security_group: { name: 'g' } }))['security_group'] as unknown as Json;

  /** Runs both kinds of request side by side, many times; answers every status that came. */
  async function race(times: number, make: (at: number) => Promise<{ status: number }>[]): Promise<number[]> {
    const answers = await Promise.all(Array.from({ length: times }, (_, at) => make(at)).flat());
    return answers.map(({ status }) => status);
  }

  it('never fails by our fault: ports and their network, subnet or group', async () => {
    const sites = await Promise.all(Array.from({ length: 12 }, async () => {
      const network = await world.network();
      return { network, subnet: await world.subnet(network.id, '10.0.0.0/24'), group: await group() };
    }));
    const statuses = await race(sites.length, (at) => {
      const site = sites[at] as (typeof sites)[number];
      const create = () => world.ask('alice', 'POST', '/ports', { port: { network_id: site.network.id, security_groups: [site.group.id] } });
      const removal = [`/networks/${site.network.id}`, `/subnets/${site.subnet.id}`, `/security-groups/${site.group.id}`][at % 3] ?? '';
      return [create(), world.ask('alice', 'DELETE', removal), create(), create()];
    });
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
  });

  it('never fails by our fault: floating IPs, their ports and their router', async () => {
    const { network: external } = await world.external();
    const sites = await Promise.all(Array.from({ length: 9 }, async (_, at) => {
      const network = await world.network();
      const subnet = await world.subnet(network.id, `10.${at + 1}.0.0/24`);
      const router = await world.router({ external_gateway_info: { network_id: external.id } });
      await world.ok('alice', 'PUT', `/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
      const floating = (await world.ok('alice', 'POST', '/floatingips', { floatingip: { floating_network_id: external.id } }))['floatingip'] as unknown as Json;
      return { subnet, router, floating, port: await world.port(network.id) };
    }));
    const statuses = await race(sites.length, (at) => {
      const { subnet, router, floating, port } = sites[at] as (typeof sites)[number];
      const taking = [
        () => world.ask('alice', 'DELETE', `/ports/${port.id}`),
        () => world.ask('alice', 'PUT', `/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id }),
        () => world.ask('alice', 'DELETE', `/floatingips/${floating.id}`),
      ][at % 3] as () => Promise<{ status: number }>;
      return [world.ask('alice', 'PUT', `/floatingips/${floating.id}`, { floatingip: { port_id: port.id } }), taking()];
    });
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    // No floating IP leads through a router that does not lead there.
    expect(await world.database.sql`
      SELECT f.id FROM floatingip f WHERE f.router_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM ip_allocation a JOIN ip_allocation ra ON ra.subnet_id = a.subnet_id JOIN router_port rp ON rp.port_id = ra.port_id
        WHERE a.port_id = f.port_id AND a.ip = f.fixed_ip AND rp.router_id = f.router_id)`).toEqual([]);
  });

  it('ends with a backend that has what the rows say', async () => {
    await world.until(async () => (await world.database.sql`SELECT FROM realization WHERE due_at IS NOT NULL`).length === 0, 20);
  }, 30_000);
});

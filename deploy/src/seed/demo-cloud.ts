import { createReadStream, openAsBlob } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Cloud } from '../cloud.js';
import { guestImageFile } from '../guest-image.js';
import { secretOf } from '../secrets.js';
import { waitUntil } from '../wait.js';
import { Api } from './api.js';

type Named = { id: string; name: string };

/** id, vCPUs, MiB, GiB; the ids are those that OpenStack's development clouds use. */
const FLAVORS = [
  { id: '42', name: 'm1.nano', vcpus: 1, ram: 96, disk: 1 },
  { id: '84', name: 'm1.micro', vcpus: 1, ram: 128, disk: 1 },
  { id: '1', name: 'm1.tiny', vcpus: 1, ram: 512, disk: 1 },
  { id: '2', name: 'm1.small', vcpus: 1, ram: 2048, disk: 20 },
  { id: '3', name: 'm1.medium', vcpus: 2, ram: 4096, disk: 40 },
  { id: '4', name: 'm1.large', vcpus: 4, ram: 8192, disk: 80 },
];
const PRIVATE_CIDR = '10.0.0.0/24';

/** Where a client reaches each service of this cloud. */
export const endpointsOf = ({ settings: { publicHost, ports } }: Cloud) => ({
  identity: `http://${publicHost}:${ports.identity}/v3`,
  compute: `http://${publicHost}:${ports.compute}/v2.1`,
  network: `http://${publicHost}:${ports.network}/v2.0`,
  image: `http://${publicHost}:${ports.image}/v2`,
  blockStorage: `http://${publicHost}:${ports.blockStorage}/v3`,
});

/**
 * What the demo cloud holds, made by the public APIs alone, as any operator and user would.
 *
 * Theory of operation. Each thing is looked for by its name and made only where it is missing, so the seed may be
 * repeated and may die anywhere. What somebody changed afterwards is left as it is.
 */
export class DemoCloud {
  private constructor(private readonly cloud: Cloud, private readonly admin: Api) {}

  static async asAdmin(cloud: Cloud): Promise<DemoCloud> {
    return new DemoCloud(cloud, await login(cloud, 'admin', 'admin'));
  }

  /** Project and user `demo`, who is a member of it. */
  async ensureProject(): Promise<void> {
    const { identity } = endpointsOf(this.cloud);
    const domain = { domain_id: 'default' };
    const project = await this.ensure(this.admin, `${identity}/projects`, 'projects', 'demo', { project: { name: 'demo', ...domain, description: 'For trying things out' } }, '&domain_id=default');
    const password = secretOf(this.cloud, 'demo-password');
    const user = await this.ensure(this.admin, `${identity}/users`, 'users', 'demo', { user: { name: 'demo', ...domain, password, default_project_id: project.id } }, '&domain_id=default');
    const { roles } = await this.admin.call<{ roles: Named[] }>(`${identity}/roles?name=member`);
    for (const role of roles) await this.admin.call(`${identity}/projects/${project.id}/users/${user.id}/roles/${role.id}`, { method: 'PUT' });
  }

  /** Compute knows this machine as a host that is up: a server that is created from now on finds a place. */
  async untilHostIsUp(): Promise<void> {
    const { compute } = endpointsOf(this.cloud);
    await waitUntil('compute knows this host', 60, async () => {
      const { services } = await this.admin.call<{ services: { host: string; state: string }[] }>(`${compute}/os-services`);
      return services.some(({ host, state }) => host === this.cloud.settings.host.name && state === 'up');
    }, 'npm run logs compute-agent shows more.');
  }

  /** Block storage knows this machine's volumes as a backend that is up. */
  async untilStorageIsUp(): Promise<void> {
    const { blockStorage } = endpointsOf(this.cloud);
    await waitUntil('block storage knows this host', 60, async () => {
      const { services } = await this.admin.call<{ services: { host: string; state: string }[] }>(`${blockStorage}/${this.admin.projectId}/os-services?binary=cinder-volume`);
      return services.some(({ host, state }) => host.startsWith(`${this.cloud.settings.host.name}@`) && state === 'up');
    }, 'npm run logs storage-agent shows more.');
  }

  async ensureFlavors(): Promise<void> {
    const { compute } = endpointsOf(this.cloud);
    const { flavors } = await this.admin.call<{ flavors: Named[] }>(`${compute}/flavors/detail?is_public=None`);
    for (const flavor of FLAVORS.filter(({ name }) => !flavors.some((known) => known.name === name))) {
      await this.admin.call(`${compute}/flavors`, { method: 'POST', body: { flavor } });
    }
  }

  /** `public` for everybody, and in project demo `private` with a router between the two. */
  async ensureNetworks(): Promise<void> {
    const { network } = endpointsOf(this.cloud);
    const { cidr, gateway, firstAddress, lastAddress } = this.cloud.settings.externalNetwork;
    const external = { 'router:external': true, 'provider:network_type': 'flat', 'provider:physical_network': 'physnet1' };
    const publicNetwork = await this.ensure(this.admin, `${network}/networks`, 'networks', 'public', { network: { name: 'public', ...external } });
    await this.ensure(this.admin, `${network}/subnets`, 'subnets', 'public-subnet', {
      subnet: { name: 'public-subnet', network_id: publicNetwork.id, ip_version: 4, cidr, gateway_ip: gateway, enable_dhcp: false, allocation_pools: [{ start: firstAddress, end: lastAddress }] },
    });

    const demo = await login(this.cloud, 'demo', 'demo');
    const mine = `&project_id=${demo.projectId}`;
    const privateNetwork = await this.ensure(demo, `${network}/networks`, 'networks', 'private', { network: { name: 'private' } }, mine);
    const subnet = await this.ensure(demo, `${network}/subnets`, 'subnets', 'private-subnet', {
      subnet: { name: 'private-subnet', network_id: privateNetwork.id, ip_version: 4, cidr: PRIVATE_CIDR },
    }, mine);
    const router = await this.ensure(demo, `${network}/routers`, 'routers', 'router1', { router: { name: 'router1', external_gateway_info: { network_id: publicNetwork.id } } }, mine);
    const { ports } = await demo.call<{ ports: { fixed_ips: { subnet_id: string }[] }[] }>(`${network}/ports?device_id=${router.id}`);
    if (ports.some((port) => port.fixed_ips.some((ip) => ip.subnet_id === subnet.id))) return;
    await demo.call(`${network}/routers/${router.id}/add_router_interface`, { method: 'PUT', body: { subnet_id: subnet.id } });
  }

  /** The guest image for everybody. After a new build the former one is hidden: servers made from it still name it. */
  async ensureImage(): Promise<string> {
    const { image: images } = endpointsOf(this.cloud);
    const file = guestImageFile(this.cloud);
    const hash = await sha512(file);
    const { images: known } = await this.admin.call<{ images: (Named & { status: string; os_hash_value: string | null })[] }>(`${images}/images?name=virga-linux&visibility=public`);
    if (known.some(({ status, os_hash_value }) => status === 'active' && os_hash_value === hash)) return 'unchanged';
    const image = known.find(({ status }) => status === 'queued') ?? await this.admin.call<Named>(`${images}/images`, {
      method: 'POST',
      body: { name: 'virga-linux', disk_format: 'qcow2', container_format: 'bare', visibility: 'public', min_disk: 1, min_ram: 96, os_distro: 'virga-linux' },
    });
    await this.admin.upload(`${images}/images/${image.id}/file`, await openAsBlob(file));
    for (const { id } of known.filter((former) => former.id !== image.id)) await this.hide(`${images}/images/${id}`);
    return 'uploaded';
  }

  private async hide(url: string): Promise<void> {
    const headers = { 'Content-Type': 'application/openstack-images-v2.1-json-patch' };
    await this.admin.call(url, { method: 'PATCH', headers, body: [{ op: 'replace', path: '/os_hidden', value: true }] });
  }

  /** Finds a thing by name in a collection of the API, or makes it; names of the wire are `{ things: […] }` and `{ thing: … }`. */
  private async ensure(as: Api, url: string, collection: string, name: string, body: Record<string, unknown>, filter = ''): Promise<Named> {
    const found = await as.call<Record<string, Named[]>>(`${url}?name=${encodeURIComponent(name)}${filter}`);
    const existing = found[collection]?.[0];
    if (existing !== undefined) return existing;
    const made = await as.call<Record<string, Named>>(url, { method: 'POST', body });
    const [thing] = Object.values(made);
    if (thing === undefined) throw new Error(`POST ${url} answered without a ${name}.`);
    return thing;
  }
}

function login(cloud: Cloud, userName: 'admin' | 'demo', projectName: string): Promise<Api> {
  return Api.login({ authUrl: endpointsOf(cloud).identity, userName, projectName, password: secretOf(cloud, `${userName}-password`) });
}

async function sha512(file: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

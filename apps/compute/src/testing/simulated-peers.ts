import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BootImage } from '@virga/contracts-image';
import type { SimulatedCloud } from './simulated-cloud.js';
import type { SimulatedNetwork } from './simulated-network.js';

type Json = Record<string, unknown>;

/** A refusal in Neutron's words. */
class Refusal extends Error {
  constructor(readonly status: number, readonly type: string, message: string) {
    super(message);
  }
}

/** The members of Neutron's and Glance's collections: `{ 'security-groups': 'security_group' }`. */
const MEMBERS: Readonly<Record<string, string>> = {
  'security-groups': 'security_group', 'security-group-rules': 'security_group_rule', floatingips: 'floatingip', networks: 'network', ports: 'port',
};

/**
 * The network and image services' public APIs as far as compute passes requests on: collections that keep what they are
 * given, with the rules that compute's older clients notice.
 */
export class SimulatedPeers {
  readonly collections: Record<string, Map<string, Json>> = Object.fromEntries(Object.keys(MEMBERS).map((name) => [name, new Map()]));
  readonly images = new Map<string, Json>();
  readonly storage = { volumes: new Map<string, Json>(), snapshots: new Map<string, Json>() };
  /** The tokens that came with requests, in their order. */
  readonly tokens: unknown[] = [];
  private readonly server: Server;

  private constructor(private readonly network: SimulatedNetwork, private readonly bootImages: ReadonlyMap<string, BootImage>) {
    this.server = createServer((request, reply) => void this.serve(request, reply));
    for (const { id, name } of network.nets) this.collection('networks').set(id, { id, name, 'router:external': false });
    this.collection('networks').set(PUBLIC, { id: PUBLIC, name: 'public', 'router:external': true });
  }

  static async start({ network, images }: Pick<SimulatedCloud, 'network' | 'images'>): Promise<SimulatedPeers> {
    const peers = new SimulatedPeers(network, images);
    await new Promise<void>((resolve) => peers.server.listen(0, '127.0.0.1', resolve));
    return peers;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    this.tokens.push(request.headers['x-auth-token']);
    try {
      const answer = this.answer(request.method ?? 'GET', new URL(request.url ?? '/', this.url), text === '' ? {} : JSON.parse(text) as Json);
      reply.writeHead(answer === undefined ? 204 : 200, { 'content-type': 'application/json' }).end(answer && JSON.stringify(answer));
    } catch (error) {
      const { status, type, message } = error instanceof Refusal ? error : new Refusal(500, 'Bug', String(error));
      reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ NeutronError: { type, message, detail: '' } }));
    }
  }

  private answer(method: string, { pathname, searchParams }: URL, body: Json): Json | undefined {
    const [, , name = '', id, part] = pathname.replace(/^\/v3\/[^/]+\//, '/v3/').split('/').map(decodeURIComponent);
    if (name === 'volumes' || name === 'snapshots') return this.storageAnswer(method, name, id, searchParams, body);
    if (name === 'images') return part === 'file' ? this.upload(String(id)) : this.imageAnswer(method, id, { query: searchParams, patch: body });
    return this.networkAnswer(method, name, id, searchParams, body);
  }

  private networkAnswer(method: string, name: string, id: string | undefined, searchParams: URLSearchParams, body: Json): Json | undefined {
    const member = MEMBERS[name] ?? refuse(404, 'HTTPNotFound', 'The resource could not be found.');
    if (id !== undefined) return this.memberAnswer(method, name, id, body[member] as Json | undefined);
    if (method === 'POST') return { [member]: this.create(name, body[member] as Json) };
    return { [name.replaceAll('-', '_')]: this.list(name, searchParams) };
  }

  private memberAnswer(method: string, name: string, id: string, change: Json | undefined): Json | undefined {
    const member = MEMBERS[name] ?? name;
    const found = this.collection(name).get(id) ?? refuse(404, 'NotFound', `${member} ${id} could not be found.`);
    if (method !== 'DELETE') return { [member]: this.shown(name, Object.assign(found, change)) };
    const isUsed = name === 'security-groups' && this.ports().some(({ security_groups: groups }) => (groups as string[]).includes(id));
    if (isUsed) refuse(409, 'SecurityGroupInUse', `Security Group ${id} in use.`);
    this.collection(name).delete(id);
    return undefined;
  }

  private create(name: string, wanted: Json): Json {
    if (name === 'security-group-rules') this.requireNewRule(wanted);
    const made = { id: randomUUID(), project_id: OWNER, ...DEFAULTS[name], ...wanted };
    if (name === 'floatingips') Object.assign(made, { floating_ip_address: `198.51.100.${this.collection(name).size + 1}` });
    this.collection(name).set(String(made.id), made);
    return this.shown(name, made);
  }

  private requireNewRule(wanted: Json): void {
    const key = (rule: Json): string => JSON.stringify(['security_group_id', 'protocol', 'port_range_min', 'port_range_max', 'remote_ip_prefix', 'remote_group_id'].map((field) => rule[field] ?? null));
    if ([...this.collection('security-group-rules').values()].some((rule) => key(rule) === key(wanted))) refuse(409, 'SecurityGroupRuleExists', 'Security group rule already exists.');
  }

  private list(name: string, filters: URLSearchParams): Json[] {
    const all = name === 'ports' ? this.ports() : [...this.collection(name).values()];
    const matches = (entry: Json): boolean => [...new Set(filters.keys())].every((key) => filters.getAll(key).includes(String(entry[key])));
    return all.filter(matches).map((entry) => this.shown(name, entry));
  }

  private shown(name: string, entry: Json): Json {
    if (name !== 'security-groups') return entry;
    return { ...entry, security_group_rules: [...this.collection('security-group-rules').values()].filter(({ security_group_id: group }) => group === entry['id']) };
  }

  /** The servers' ports, with the groups that were set here. */
  private ports(): Json[] {
    for (const { portId, serverId } of this.network.ports.values()) {
      if (!this.collection('ports').has(portId)) this.collection('ports').set(portId, { id: portId, device_id: serverId, security_groups: [] });
    }
    return [...this.collection('ports').values()];
  }

  private imageAnswer(method: string, id: string | undefined, { query, patch }: { query: URLSearchParams; patch: unknown }): Json | undefined {
    const matches = (image: Json): boolean => ['image_type', 'instance_uuid'].every((name) => !query.has(name) || query.get(name) === image[name]);
    if (id === undefined) return { images: [...this.images.values()].filter(matches) };
    const image = this.images.get(id) ?? refuse(404, 'NotFound', `No image found with ID ${id}`);
    if (method === 'PATCH') for (const { op, path, value } of patch as { op: string; path: string; value: unknown }[]) image[path.slice(1)] = op === 'remove' ? undefined : value;
    if (method !== 'DELETE') return image;
    this.images.delete(id);
    return undefined;
  }

  /** Volumes and snapshots of block storage. */
  private storageAnswer(method: string, name: 'volumes' | 'snapshots', id: string | undefined, query: URLSearchParams, body: Json): Json | undefined {
    const member = name.slice(0, -1);
    const all = this.storage[name];
    if (method === 'POST') {
      const made = { id: randomUUID(), status: 'creating', created_at: '2025-01-01T00:00:00', name: null, description: null, metadata: {}, attachments: [], ...body[member] as Json };
      all.set(made.id, made);
      return { [member]: made };
    }
    if (id === 'detail') return { [name]: [...all.values()].slice(Number(query.get('offset')), Number(query.get('offset')) + Number(query.get('limit'))) };
    const found = all.get(id ?? '');
    if (found === undefined) throw new Refusal(404, 'itemNotFound', `${member} ${id} could not be found.`);
    if (method !== 'DELETE') return { [member]: found };
    all.delete(id ?? '');
    return undefined;
  }

  /** Bytes for an image that waits for them. */
  private upload(id: string): undefined {
    const image = this.bootImages.get(id) ?? refuse(404, 'NotFound', `No image found with ID ${id}`);
    if (image.status !== 'queued') refuse(409, 'Conflict', 'Image status transition not allowed.');
    Object.assign(image, { status: 'active', sizeBytes: 0 });
    return undefined;
  }

  private collection(name: string): Map<string, Json> {
    return this.collections[name] ?? new Map();
  }
}

const PUBLIC = '99999999-9999-4999-8999-999999999999';
/** Project demo, whose members tests mostly are. */
const OWNER = 'd3300000000000000000000000000001';
const DEFAULTS: Readonly<Record<string, Json>> = {
  'security-group-rules': { ethertype: 'IPv4', protocol: null, port_range_min: null, port_range_max: null, remote_group_id: null, remote_ip_prefix: null },
  floatingips: { fixed_ip_address: null, port_id: null },
};

function refuse(status: number, type: string, message: string): never {
  throw new Refusal(status, type, message);
}

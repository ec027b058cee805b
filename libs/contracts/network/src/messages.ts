import { call, message, Nullable, T, type Static } from '@virga/contract';
import { seconds } from '@virga/kernel';

const Id = T.String({ minLength: 1, maxLength: 64 });

/** One network interface of a server as network knows it: facts, with a revision that only grows. */
export const ServerNic = T.Object({
  portId: Id,
  /** The port's revision number: a fact is applied only if newer. */
  revision: T.Integer(),
  serverId: Id,
  networkId: Id,
  networkName: T.String(),
  mac: T.String(),
  mtu: T.Integer(),
  /** `ACTIVE`, `DOWN` or `BUILD`, as the port's status. */
  status: T.String(),
  /** The port was there before the server and stays when it goes. */
  isPreserved: T.Boolean(),
  fixedIps: T.Array(T.Object({
    subnetId: Id, ip: T.String(), version: T.Enum([4, 6]), cidr: T.String(),
    gatewayIp: Nullable(T.String()), dnsNameservers: T.Array(T.String()),
    /** Floating IPs that lead to this address. */
    floatingIps: T.Array(T.String()),
  })),
  securityGroups: T.Array(T.Object({ id: Id, name: T.String() })),
  /** Where guests of this network find the metadata service; null where no subnet serves DHCP. */
  metadata: Nullable(T.Object({ portId: Id, mac: T.String(), addresses: T.Array(T.String()) })),
});
export type ServerNic = Static<typeof ServerNic>;

/** What a server asks for: a port that exists, or an address on a network. */
export const WantedNic = T.Object({
  /** Its place among the server's interfaces: the same request made twice makes the same port. */
  index: T.Integer({ minimum: 0 }),
  networkId: Nullable(Id),
  portId: Nullable(Id),
  fixedIp: Nullable(T.String()),
  tag: Nullable(T.String()),
});
export type WantedNic = Static<typeof WantedNic>;

/**
 * Checks what a server's creator asked for before anything is made: networks and ports exist and may be used, `auto` means
 * one network, security groups exist, the port quota would allow it. Faults: `NotFound`, `Invalid`, `Conflict`, `OverLimit`.
 */
export const resolveNics = call({
  type: 'network.nics.resolve', version: 1,
  request: T.Object({
    projectId: Id,
    isAdmin: T.Boolean(),
    networks: T.Union([T.Enum(['auto', 'none']), T.Array(T.Object({ networkId: Nullable(Id), portId: Nullable(Id), fixedIp: Nullable(T.String()), tag: Nullable(T.String()) }))]),
    /** Names or ids; empty means the project's default group. */
    securityGroups: T.Array(T.String()),
    serverCount: T.Integer({ minimum: 1 }),
  }),
  reply: T.Object({ nics: T.Array(WantedNic), securityGroupIds: T.Array(Id) }),
  deadline: seconds(5),
});

/** The ports of a server exist, belong to it and are bound to its host; answered after the backend's commit. Repeatable. */
export const ensurePorts = call({
  type: 'network.ports.ensure', version: 1,
  request: T.Object({
    serverId: Id, projectId: Id, userId: Id, hostname: T.String(), availabilityZone: T.String(),
    host: Id, nics: T.Array(WantedNic), securityGroupIds: T.Array(Id),
  }),
  reply: T.Object({ nics: T.Array(ServerNic) }),
});

/** The given ports of a server (all of them where `portIds` is null) are deleted, or only unbound where they are preserved. Repeatable. */
export const releasePorts = call({
  type: 'network.ports.release', version: 1,
  request: T.Object({ serverId: Id, portIds: Nullable(T.Array(Id)) }),
  reply: T.Object({ released: T.Array(Id) }),
});

/** What network knows now of these servers' ports. */
export const describePorts = call({
  type: 'network.ports.describe', version: 1,
  request: T.Object({ serverIds: T.Array(Id, { maxItems: 1000 }) }),
  reply: T.Object({ nics: T.Array(ServerNic) }),
});

/** Which servers have ports without being there any more: asked by compute's reconciler, page by page, by server id. */
export const listServerPorts = call({
  type: 'network.ports.list-servers', version: 1,
  request: T.Object({ afterServerId: Nullable(Id), limit: T.Integer({ minimum: 1, maximum: 1000 }) }),
  reply: T.Object({ serverIds: T.Array(Id) }),
});

/** Event: a port that belongs to a server changed, by anyone; a deleted or detached one comes with `nic` null. */
export const serverNicChanged = message({
  type: 'network.server-nic.changed', version: 1,
  body: T.Object({ serverId: Id, portId: Id, revision: T.Integer(), nic: Nullable(ServerNic) }),
});

import { Type as T, type Static, type TProperties } from 'typebox';

const Text = T.String({ minLength: 1 });
const Path = T.String({ pattern: '^/', description: 'an absolute path' });
const Port = T.Integer({ minimum: 1, maximum: 65535 });
const HttpUrl = T.String({ pattern: '^https?://[^/]+', description: 'an http or https URL' });

/** `unix:/path/to/socket`, `tcp:host:port` or `ssl:host:port`, comma-separated for a Raft cluster. */
const OvsdbRemote = T.String({ pattern: '^(unix:/|tcp:|ssl:)', description: 'an OVSDB remote such as unix:/path or tcp:host:port' });

const Ports = T.Object({
  identity: T.Integer({ ...Port, default: 5000 }),
  compute: T.Integer({ ...Port, default: 8774 }),
  placement: T.Integer({ ...Port, default: 8778 }),
  metadata: T.Integer({ ...Port, default: 8775 }),
  network: T.Integer({ ...Port, default: 9696 }),
  image: T.Integer({ ...Port, default: 9292 }),
  blockStorage: T.Integer({ ...Port, default: 8776 }),
  objectStorage: T.Integer({ ...Port, default: 8080 }),
}, { additionalProperties: false, default: {} });

const everyApp = {
  region: T.String({ ...Text, default: 'RegionOne' }),
  logLevel: T.Enum(['debug', 'info', 'warn', 'error'], { default: 'info' }),
  broker: T.Object({ url: T.String({ pattern: '^amqps?://', description: 'an amqp or amqps URL' }) }, { additionalProperties: false }),
};

const everyService = {
  ...everyApp,
  stateDirectory: Path,
  /** The name or address that clients use; it stands in the catalog and in links. */
  publicHost: T.String({ ...Text, default: '127.0.0.1' }),
  /** The address that services listen on. */
  bindAddress: T.String({ ...Text, default: '127.0.0.1' }),
  ports: Ports,
  database: T.Object({ url: T.String({ pattern: '^postgres(ql)?://', description: 'a postgres URL' }) }, { additionalProperties: false }),
  /** 32 random bytes in hex: the key under which secrets are encrypted before they enter the database. */
  masterKeyFile: Path,
};

/** The user as whom a service calls its peers. */
const serviceCredentials = T.Object({ userName: Text, password: Text, projectName: Text }, { additionalProperties: false });

const identity = {
  ...everyService,
  /** What `bootstrap` makes sure of: each file holds one password and nothing else. */
  bootstrap: T.Object({
    adminPasswordFile: Path,
    /** Service user name → file with its password. */
    servicePasswordFiles: T.Record(T.String(), Path),
  }, { additionalProperties: false }),
};

const compute = {
  ...everyService,
  serviceCredentials,
  /** The secret from which each host's key for signing metadata requests is derived; no host has it. */
  metadataSecretFile: Path,
  /** For how long finished operations are kept; those of servers that exist always are. */
  historyDays: T.Integer({ minimum: 1, maximum: 36_500, default: 30 }),
};

const network = {
  ...everyService,
  serviceCredentials,
  ovn: T.Object({
    northbound: OvsdbRemote,
    southbound: OvsdbRemote,
    /** Names that `provider:physical_network` may have; each is mapped to a bridge on the hosts. */
    physicalNetworks: T.Array(Text, { default: ['physnet1'] }),
    dnsServers: T.Array(Text, { default: [] }),
  }, { additionalProperties: false }),
};

const image = {
  ...everyService,
  serviceCredentials,
  image: T.Object({ storeDirectory: Path }, { additionalProperties: false }),
};

const blockStorage = {
  ...everyService,
  serviceCredentials,
  /** The secret from which each storage host's key for fetching passphrases is derived; no host has it. */
  storageSecretFile: Path,
  /** Where backups go: to object storage, in their project's account, or to the directory that each storage host has for them. */
  backupPlace: T.Enum(['objects', 'directory'], { default: 'objects' }),
  /** The name of the group type that `GET /group_types/default` shows; empty: there is none. */
  defaultGroupType: T.String({ maxLength: 255, default: '' }),
  /** For how long finished operations and deleted volumes, snapshots and messages are remembered. */
  historyDays: T.Integer({ minimum: 1, maximum: 36_500, default: 30 }),
};

/** The id of a store; blobs remember it, so what it names must stay the same. `local` is below `storageDirectory`. */
const StoreId = T.String({ pattern: '^[a-z0-9-]{1,32}$', description: 'small letters, digits and dashes' });

/** A bucket of Ceph's gateway, or of any S3 that is reached by path, as a store. It must not keep versions. */
const BucketStore = T.Object({
  id: StoreId,
  endpoint: T.String({ pattern: '^https?://[^/]+$', description: 'http or https, a host and a port' }),
  region: T.String({ ...Text, default: 'default' }),
  bucket: Text,
  /** In front of every key, so that the bucket can be shared. */
  prefix: T.String({ default: '' }),
  accessKeyId: Text,
  /** Its one line is the secret access key. */
  secretAccessKeyFile: Path,
}, { additionalProperties: false });

const Roles = T.Optional(T.Array(Text));

/** What of Swift's API an operator decides; what is not told is as Swift's own defaults have it. */
const swift = T.Object({
  /** Roles that own the account of the project they are given in: member, admin, swiftoperator. */
  operatorRoles: Roles,
  /** Roles that may read everything in their project's account: reader. */
  readerRoles: Roles,
  /** Roles that may read every account: swift-system-reader. */
  systemReaderRoles: Roles,
  /** The role that administrates every account and its quota: ResellerAdmin. */
  resellerAdminRole: T.Optional(Text),
  /** Whether accounts may be made and removed by name. */
  accountManagement: T.Optional(T.Boolean()),
  /** Origins whose pages may use any container; `*` for all. Containers name more for themselves. */
  corsOrigins: T.Optional(T.Array(Text)),
  /** The `allow-access-from` elements of /crossdomain.xml; empty: no such page. */
  crossDomainPolicy: T.Optional(T.String()),
  /** In bytes; larger objects are made of segments. */
  maxFileBytes: T.Optional(T.Integer({ minimum: 1 })),
  /** How fast may be written; without these, as fast as it goes. Each process counts for itself. */
  rates: T.Optional(T.Object({
    /** Makings and removals of containers, per account and second. */
    accountPerSecond: T.Optional(T.Number({ minimum: 0 })),
    /** Writes per second into containers that hold so many objects or more; between two steps the rate falls evenly. */
    containerSteps: T.Optional(T.Array(T.Object({ objects: T.Integer({ minimum: 0 }), perSecond: T.Number({ exclusiveMinimum: 0 }) }, { additionalProperties: false }))),
    /** Who would have to wait longer is refused. */
    maxWaitSeconds: T.Optional(T.Number({ minimum: 0, maximum: 60 })),
    unlimitedAccounts: T.Optional(T.Array(Text)),
    blockedAccounts: T.Optional(T.Array(Text)),
  }, { additionalProperties: false })),
}, { additionalProperties: false, default: {} });

const objectStorage = {
  ...everyService,
  objectStorage: T.Object({
    /** The store `local`: objects' bytes, encrypted. */
    storageDirectory: Path,
    /** At least one; containers that name none get the first that is a default. A policy that containers use must stay. */
    policies: T.Array(T.Object({
      name: T.String({ pattern: '^[A-Za-z0-9-]{1,64}$', description: 'letters, digits and dashes' }),
      isDefault: T.Boolean({ default: false }),
      store: T.String({ ...StoreId, default: 'local' }),
    }, { additionalProperties: false }), { minItems: 1, default: [{ name: 'Policy-0', isDefault: true, store: 'local' }] }),
    /** Stores beside `local`. One that holds objects must stay. */
    buckets: T.Array(BucketStore, { default: [] }),
    /** S3 requests to `BUCKET.DOMAIN` name their bucket in the host; none: only paths name buckets. */
    bucketDomains: T.Array(Text, { default: [] }),
    swift,
    /** Other clusters that containers may be synchronized with, and the keys that their operators share with us (one file each; the first one signs). */
    syncRealms: T.Array(T.Object({
      name: T.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'letters, digits, dashes and underscores' }),
      keyFiles: T.Array(Path, { minItems: 1 }),
      /** By name, each cluster's address up to and with `/v1`; ours too, where they send to us. */
      clusters: T.Record(T.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }), T.String({ pattern: '^https?://', description: 'an http or https URL' })),
    }, { additionalProperties: false }), { default: [] }),
    /** How long a day of S3's lifecycle rules is, where it is no day. Only for tests: what should live for years would be gone within hours. */
    lifecycleDaySeconds: T.Optional(T.Integer({ minimum: 1 })),
    /** After so many days new objects are sealed under a new root key, and the keys of all others are sealed anew. */
    rootKeyDays: T.Integer({ minimum: 1, default: 90 }),
    /** Where `/healthcheck`, `/metrics` and `/report` answer, on loopback only: every path of the public port may be a bucket's. */
    operatorPort: T.Integer({ ...Port, default: 8791 }),
  }, { additionalProperties: false }),
};

const computeAgent = {
  ...everyApp,
  agent: T.Object({
    /** This host's name: in the compute API, on the bus and as OVN's chassis. */
    host: Text,
    availabilityZone: T.String({ ...Text, default: 'nova' }),
    libvirtSocket: Path,
    instancesDirectory: Path,
    imageCacheDirectory: Path,
    /** Where the host's Open vSwitch keeps `db.sock`. */
    ovsRunDirectory: Path,
    /** The socket on which the agent accepts what the networks' metadata proxies forward. */
    metadataSocket: Path,
    /** The key with which this host, and no other, signs the metadata requests that it forwards. */
    metadataKeyFile: Path,
    /** The key with which this host, and no other, opens what storage hosts tell it about volumes of a Ceph cluster, in hex. */
    volumeCredentialsKeyFile: T.Optional(Path),
    /** `system`: the kernel's Open vSwitch; `netdev`: the userspace one, whose taps need a guard and no offloads. */
    datapath: T.Enum(['system', 'netdev']),
    imageUrl: HttpUrl,
    /** The metadata API of the compute service. */
    computeUrl: HttpUrl,
    /** Where `GET /healthcheck` and `/metrics` answer, on loopback only. */
    healthPort: T.Integer({ ...Port, default: 8790 }),
  }, { additionalProperties: false }),
};

/** How much of a place for volumes is given away. */
const promises = {
  /** Of the whole place, what volumes never get. Too low: a place that others fill as well runs full. */
  reservedPercentage: T.Integer({ minimum: 0, maximum: 100, default: 0 }),
  /** How often the rest is promised, since volumes take up only what was written to them. Too high: the place runs full, and guests stall. */
  maxOverSubscriptionRatio: T.Number({ minimum: 1, maximum: 1_000, default: 20 }),
};

const storageAgent = {
  ...everyApp,
  agent: T.Object({
    /** This host's name: on the bus, in block storage, and, where it is a compute host too, that one's. */
    host: Text,
    availabilityZone: T.String({ ...Text, default: 'nova' }),
    /** Places for volumes. A backend that holds volumes must keep its name and its directory. */
    backends: T.Array(T.Object({
      name: T.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'letters, digits, dashes and underscores' }),
      /** `file`: volumes are files below `directory`. `rbd`: they are images of a Ceph pool, and `directory` is for work under way. */
      kind: T.Enum(['file', 'rbd'], { default: 'file' }),
      directory: Path,
      ...promises,
      /** For `rbd` only. */
      ceph: T.Optional(T.Object({
        /** Names the cluster's monitors and the keyring of `user`. */
        confFile: Path,
        /** Without `client.`. */
        user: T.String({ pattern: '^[A-Za-z0-9._-]{1,64}$', default: 'virga' }),
        /** For this backend alone: it belongs to one storage host. */
        pool: T.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
      }, { additionalProperties: false })),
      /** For the sockets of its daemons; at most 60 characters, and not cleared while the machine runs. */
      runDirectory: T.String({ pattern: '^/', maxLength: 60, description: 'a short absolute path' }),
    }, { additionalProperties: false }), { minItems: 1 }),
    /** What long work has to remember across restarts. */
    tasksDirectory: Path,
    /** Where backups are kept that go to no object store; often a file system of another machine. */
    backupDirectory: Path,
    /** What compute hosts' keys for volumes of a Ceph cluster are made from, in hex; needed where a backend is `rbd`. */
    volumeCredentialsSecretFile: T.Optional(Path),
    /** The group of this host's guests, who may open volumes by socket; none: root only. */
    guestGroup: T.Optional(Text),
    /** How other hosts reach volumes of this one; absent: they do not. */
    exports: T.Optional(T.Object({
      address: Text,
      /** For each backend as many as there are compute hosts, below the kernel's own range (`net.ipv4.ip_local_port_range`). */
      firstPort: T.Integer({ ...Port, default: 10_900 }),
      portsPerBackend: T.Integer({ minimum: 1, maximum: 10_000, default: 500 }),
      /** `ca-cert.pem`, and certificate and key both as `server-…` and as `client-…`. */
      pkiDirectory: Path,
    }, { additionalProperties: false })),
    imageUrl: HttpUrl,
    blockStorageUrl: HttpUrl,
    /** The key with which this host, and no other, asks for the passphrases of its volumes. */
    storageKeyFile: Path,
    /** Where `GET /healthcheck` and `/metrics` answer, on loopback only. */
    healthPort: T.Integer({ ...Port, default: 8792 }),
  }, { additionalProperties: false }),
};

const closed = <Properties extends TProperties>(properties: Properties) => T.Object(properties, { additionalProperties: false });

/** What each app must and may be told; a key that an app does not know is an error, so that a typo is found. */
export const appSettings = {
  'identity': closed(identity),
  'compute': closed(compute),
  'network': closed(network),
  'image': closed(image),
  'block-storage': closed(blockStorage),
  'object-storage': closed(objectStorage),
  'compute-agent': closed(computeAgent),
  'storage-agent': closed(storageAgent),
};

export type AppName = keyof typeof appSettings;

/** The configuration of one app, complete with defaults. */
export type ConfigOf<App extends AppName> = Static<(typeof appSettings)[App]>;

/** What every service, but no agent, is told. */
export type ServiceConfig = StaticProperties<typeof everyService>;

type StaticProperties<Properties extends TProperties> = Static<ReturnType<typeof closed<Properties>>>;

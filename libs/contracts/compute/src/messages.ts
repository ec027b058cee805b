import { call, message, Nullable, T, type Static } from '@virga/contract';
import { ExportAddressFact, VolumeLimits } from '@virga/contracts-block-storage';
import { seconds } from '@virga/kernel';

const Id = T.String({ minLength: 1, maxLength: 64 });
const Generation = T.Integer({ minimum: 0 });

const Seed = T.Object({
  imageId: Id, sha512: T.String(), format: T.Enum(['qcow2', 'raw']), sizeBytes: T.Number(),
  /** Opens the image's bytes at the image service (header `x-virga-image-ticket`), for an hour. */
  ticket: T.String(),
});

/** A NIC with what its host needs for the guest's metadata service. */
export const GuestNicSpec = T.Object({
  portId: Id, mac: T.String(), mtu: T.Integer(), networkId: Id,
  metadata: Nullable(T.Object({ portId: Id, mac: T.String(), addresses: T.Array(T.String()) })),
});
export type GuestNicSpec = Static<typeof GuestNicSpec>;

/** A volume as a guest's disk: the wire form of the hypervisor port's `GuestVolume`. Block storage encrypts on its own side. */
export const GuestVolumeSpec = T.Object({
  attachmentId: Id, volumeId: Id,
  /** `vda`, `vdb`, … */
  target: T.String(), connection: ExportAddressFact, isReadOnly: T.Boolean(), isShared: T.Boolean(), limits: VolumeLimits,
});
export type GuestVolumeSpec = Static<typeof GuestVolumeSpec>;

/** The wire form of the hypervisor port's `GuestSpec`. */
export const GuestCommand = T.Object({
  id: Id, generation: Generation, name: T.String(), projectId: Id, userId: Id,
  vcpus: T.Integer({ minimum: 1 }), memoryMebibytes: T.Integer({ minimum: 1 }),
  disks: T.Array(T.Object({
    target: T.String(), role: T.Enum(['root', 'ephemeral', 'swap']), sizeBytes: T.Number(), seed: Nullable(Seed),
  })),
  nics: T.Array(GuestNicSpec),
  /** These volumes and no others; absent where they stay as they are. */
  volumes: T.Optional(T.Array(GuestVolumeSpec)),
  facts: T.Object({ flavorName: T.String(), imageId: T.String() }),
});
export type GuestCommand = Static<typeof GuestCommand>;

/** The guest exists as specified and runs. */
export const ensureGuest = message({ type: 'compute.agent.ensure-guest', version: 1, body: GuestCommand });

/** The guest has this power state; `restart` makes it boot once more. */
export const ensurePower = message({
  type: 'compute.agent.ensure-power', version: 1,
  body: T.Object({
    id: Id, generation: Generation, power: T.Enum(['running', 'paused', 'shutdown']),
    restart: Nullable(T.Enum(['soft', 'hard'])), graceSeconds: Nullable(T.Integer()),
    /** The guest as it should be, so that a host that lost its domain can define it again. */
    guest: Nullable(GuestCommand),
  }),
});

/** Nothing of the guest is left on the host, and a later command of an older generation is refused. */
export const ensureNoGuest = message({ type: 'compute.agent.ensure-no-guest', version: 1, body: T.Object({ id: Id, generation: Generation }) });

export const ensureNic = message({ type: 'compute.agent.ensure-nic', version: 1, body: T.Object({ id: Id, generation: Generation, nic: GuestNicSpec }) });

export const ensureNoNic = message({ type: 'compute.agent.ensure-no-nic', version: 1, body: T.Object({ id: Id, generation: Generation, portId: Id }) });

/** The guest has the volume, which its storage host serves already. */
export const ensureDisk = message({ type: 'compute.agent.ensure-disk', version: 1, body: T.Object({ id: Id, generation: Generation, volume: GuestVolumeSpec }) });

/** The guest has let go of the volume. */
export const ensureNoDisk = message({ type: 'compute.agent.ensure-no-disk', version: 1, body: T.Object({ id: Id, generation: Generation, attachmentId: Id }) });

/** The guest sees that its volume, which has grown already, is of this size. */
export const ensureDiskSize = message({
  type: 'compute.agent.ensure-disk-size', version: 1, body: T.Object({ id: Id, generation: Generation, attachmentId: Id, sizeBytes: T.Number() }),
});

/** `sizeBytes`: of the old volume, where the new one is larger. */
const Swap = { id: Id, generation: Generation, attachmentId: Id, to: GuestVolumeSpec, sizeBytes: T.Optional(T.Number()) };

/** The volume holds what the running guest's disk does, and goes on to. */
export const ensureDiskCopied = message({ type: 'compute.agent.ensure-disk-copied', version: 1, body: T.Object(Swap) });

/** The guest uses the volume in the place of the disk. */
export const ensureDiskSwapped = message({ type: 'compute.agent.ensure-disk-swapped', version: 1, body: T.Object(Swap) });

const DiskImage = { id: Id, generation: Generation, imageId: Id };

/** The host keeps what the guest's root disk holds now, for an image. */
export const ensureDiskImage = message({ type: 'compute.agent.ensure-disk-image', version: 1, body: T.Object(DiskImage) });

/** The image has those bytes; `ticket` opens the image for them at the image service (header `x-virga-image-ticket`), for some hours. */
export const uploadDiskImage = message({ type: 'compute.agent.upload-disk-image', version: 1, body: T.Object({ ...DiskImage, ticket: T.String() }) });

/** The host keeps nothing for the image any more. */
export const ensureNoDiskImage = message({ type: 'compute.agent.ensure-no-disk-image', version: 1, body: T.Object(DiskImage) });

/** Asked of one host: the end of a guest's serial console. */
export const consoleOutput = call({
  type: 'compute.agent.console-output', version: 1,
  request: T.Object({ id: Id, maxBytes: T.Integer({ minimum: 0 }) }),
  reply: T.Object({ output: T.String() }),
  deadline: seconds(10),
});

/**
 * Asked by block storage: the server's guest goes on with another copy of one of its volumes, which block storage lets its host reach through
 * `nextAttachmentId`; null only asks whether it could. Answered when that has begun: the next attachment is completed when the guest uses it, and the
 * other is released, or the next one is released and all is as before. Faults: `NotFound`, and `Conflict` where the server, or the attachment, is not in a
 * state for it. Repeatable.
 */
export const moveDisk = call({
  type: 'compute.disks.move', version: 1,
  request: T.Object({ serverId: Id, attachmentId: Id, nextAttachmentId: Nullable(Id) }),
  reply: T.Object({}),
});

/** Where the guest finds its disks, by target (`vda`), and its NICs, by port. */
const pciAddresses = T.Optional(T.Record(T.String(), T.String()));

/** A host's facts come with its name and a sequence number from the bus (`ReportDelivery`): older ones are not applied. */
export const guestReport = message({
  type: 'compute.agent.guest-report', version: 1,
  body: T.Object({
    id: Id, generation: Generation,
    /** Null: the host has no such guest. */
    power: Nullable(T.Enum(['running', 'paused', 'shutdown', 'crashed'])),
    portIds: T.Array(Id),
    /** Its volumes; absent where it has none. */
    attachmentIds: T.Optional(T.Array(Id)),
    pciAddresses,
  }),
});

/** A command that the host could not carry out; `isFinal` where trying again cannot help. */
export const commandFailed = message({
  type: 'compute.agent.command-failed', version: 1,
  body: T.Object({ id: Id, generation: Generation, command: T.String(), code: T.String(), message: T.String(), isFinal: T.Boolean() }),
});

/** Sent at start and then regularly: the host lives, has these resources, and holds exactly these guests. */
export const hostReport = message({
  type: 'compute.agent.host-report', version: 1,
  body: T.Object({
    availabilityZone: T.String(), agentVersion: T.String(),
    resources: T.Object({
      hypervisorType: T.String(), hypervisorVersion: T.Integer(), hypervisorHostname: T.String(), hasHardwareVirtualization: T.Boolean(),
      vcpus: T.Integer(), memoryMebibytes: T.Integer(), memoryUsedMebibytes: T.Integer(), diskGibibytes: T.Integer(), diskUsedGibibytes: T.Integer(),
      cpuModel: T.String(), traits: T.Array(T.String()),
      /** How long it has been running, and how busy it was in the last 1, 5 and 15 minutes. */
      uptimeSeconds: T.Optional(T.Integer()), loadAverages: T.Optional(T.Array(T.Number())),
    }),
    guests: T.Array(T.Object({
      id: Id, generation: Generation, power: T.Enum(['running', 'paused', 'shutdown', 'crashed']), portIds: T.Array(Id), attachmentIds: T.Optional(T.Array(Id)), pciAddresses,
    })),
  }),
});

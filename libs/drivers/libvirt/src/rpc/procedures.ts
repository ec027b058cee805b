import { programs } from './frames.js';
import { bytes, characters, int, list, nothing, optional, struct, text, unsigned, unsignedHyper, uuid, type Codec, type ValueOf } from './xdr.js';

/** A remote procedure: its number, what goes in and out, and its program where that is not libvirt's main one. */
export interface Procedure<Arguments, Reply> {
  readonly program?: number;
  readonly number: number;
  readonly name: string;
  readonly arguments: Codec<Arguments>;
  readonly reply: Codec<Reply>;
}

/** A message that the daemon sends by itself. */
export interface Notice<Body> {
  readonly number: number;
  readonly body: Codec<Body>;
}

/** libvirt's handle of a domain: `id` is -1 while it does not run and is ignored when we send it. */
export const domainRef = struct({ name: text, uuid, id: int });
export type DomainRef = ValueOf<typeof domainRef>;

/** libvirt's handle of a secret; `usageId` is what it is for. */
export const secretRef = struct({ uuid, usageType: int, usageId: text });
export type SecretRef = ValueOf<typeof secretRef>;

const networkRef = struct({ name: text, uuid });

/** What a failed call answers; `code` is one of libvirt's error numbers (see failures.ts). */
export const remoteError = struct({
  code: int, domain: int, message: optional(text), level: int, dom: optional(domainRef),
  str1: optional(text), str2: optional(text), str3: optional(text), int1: int, int2: int, net: optional(networkRef),
});

const MOST_DOMAINS = 16_384;
const onDomain = struct({ dom: domainRef });
const onDomainWithFlags = struct({ dom: domainRef, flags: unsigned });
const onDomainWithXml = struct({ dom: domainRef, xml: text, flags: unsigned });
const returnsDomain = struct({ dom: domainRef });

function procedure<Arguments, Reply>(
  number: number, name: string, args: Codec<Arguments>, reply: Codec<Reply>,
): Procedure<Arguments, Reply> {
  return { number, name, arguments: args, reply };
}

/**
 * The part of libvirt's remote protocol (program 0x20008086, version 1) that we use. Numbers and layouts never change
 * once released, so this table works with every libvirt since 1.2.8.
 */
export const procedures = {
  authList: procedure(66, 'authList', nothing, struct({ types: list(int, 20) })),
  open: procedure(1, 'open', struct({ name: optional(text), flags: unsigned }), nothing),
  getVersion: procedure(4, 'getVersion', nothing, struct({ version: unsignedHyper })),
  getHostname: procedure(59, 'getHostname', nothing, struct({ hostname: text })),
  getCapabilities: procedure(7, 'getCapabilities', nothing, struct({ xml: text })),
  getNodeInfo: procedure(6, 'getNodeInfo', nothing, struct({
    model: characters(32), memoryKibibytes: unsignedHyper,
    cpus: int, mhz: int, nodes: int, sockets: int, cores: int, threads: int,
  })),
  getNodeMemoryStats: procedure(228, 'getNodeMemoryStats', struct({ count: int, cell: int, flags: unsigned }), struct({
    stats: list(struct({ field: text, value: unsignedHyper }), 1024), count: int,
  })),
  listAllDomains: procedure(273, 'listAllDomains', struct({ needResults: int, flags: unsigned }), struct({
    domains: list(domainRef, MOST_DOMAINS), count: unsigned,
  })),
  lookupByUuid: procedure(24, 'lookupByUuid', struct({ uuid }), returnsDomain),
  defineXml: procedure(350, 'defineXml', struct({ xml: text, flags: unsigned }), returnsDomain),
  undefine: procedure(231, 'undefine', onDomainWithFlags, nothing),
  create: procedure(196, 'create', onDomainWithFlags, returnsDomain),
  destroy: procedure(234, 'destroy', onDomainWithFlags, nothing),
  shutdown: procedure(258, 'shutdown', onDomainWithFlags, nothing),
  suspend: procedure(34, 'suspend', onDomain, nothing),
  resume: procedure(28, 'resume', onDomain, nothing),
  getXml: procedure(14, 'getXml', onDomainWithFlags, struct({ xml: text })),
  getState: procedure(212, 'getState', onDomainWithFlags, struct({ state: int, reason: int })),
  setMetadata: procedure(264, 'setMetadata', struct({
    dom: domainRef, type: int, metadata: optional(text), key: optional(text), uri: optional(text), flags: unsigned,
  }), nothing),
  attachDevice: procedure(160, 'attachDevice', onDomainWithXml, nothing),
  detachDevice: procedure(161, 'detachDevice', onDomainWithXml, nothing),
  blockResize: procedure(251, 'blockResize', struct({ dom: domainRef, disk: text, size: unsignedHyper, flags: unsigned }), nothing),
  setBlockIoTune: procedure(252, 'setBlockIoTune', struct({
    dom: domainRef, disk: text, params: list(struct({ field: text, type: int, value: unsignedHyper }), 32), flags: unsigned,
  }), nothing),
  blockCopy: procedure(345, 'blockCopy', struct({
    dom: domainRef, disk: text, destination: text, params: list(struct({ field: text, type: int, value: unsignedHyper }), 16), flags: unsigned,
  }), nothing),
  blockJobAbort: procedure(237, 'blockJobAbort', struct({ dom: domainRef, disk: text, flags: unsigned }), nothing),
  secretDefine: procedure(142, 'secretDefine', struct({ xml: text, flags: unsigned }), struct({ secret: secretRef })),
  secretSetValue: procedure(144, 'secretSetValue', struct({ secret: secretRef, value: bytes, flags: unsigned }), nothing),
  secretUndefine: procedure(146, 'secretUndefine', struct({ secret: secretRef }), nothing),
  listAllSecrets: procedure(287, 'listAllSecrets', struct({ needResults: int, flags: unsigned }), struct({
    secrets: list(secretRef, 16_384), count: unsigned,
  })),
  watchEvents: procedure(316, 'watchEvents', struct({ eventId: int, dom: optional(domainRef) }), struct({ callbackId: int })),
} as const;

/** QEMU's own monitor, of libvirt's program for it. It marks the guest as tainted in libvirt's log, and no more. */
export const monitorCommand: Procedure<{ dom: DomainRef; command: string; flags: number }, { result: string }> = {
  program: programs.qemu, number: 1, name: 'monitorCommand',
  arguments: struct({ dom: domainRef, command: text, flags: unsigned }), reply: struct({ result: text }),
};

export const notices = {
  lifecycle: { number: 318, body: struct({ callbackId: int, dom: domainRef, event: int, detail: int }) },
  reboot: { number: 319, body: struct({ callbackId: int, dom: domainRef }) },
  deviceRemoved: { number: 333, body: struct({ callbackId: int, dom: domainRef, alias: text }) },
} as const satisfies Record<string, Notice<never> | Notice<{ callbackId: number; dom: DomainRef }>>;

/** Event kinds for `watchEvents`. */
export const eventIds = { lifecycle: 0, reboot: 1, deviceRemoved: 15 } as const;

/** Flags and constants of libvirt's public interface, as far as we pass or read them. */
export const flags = {
  startPaused: 1 << 0,
  shutdownByAcpi: 1 << 0,
  /** Managed save, snapshot and checkpoint records, NVRAM and TPM state go with the domain. */
  undefineEverything: (1 << 0) | (1 << 1) | (1 << 2) | (1 << 4) | (1 << 5),
  affectLive: 1 << 0,
  affectConfig: 1 << 1,
  xmlInactive: 1 << 1,
  metadataElement: 2,
  /** Sizes are in bytes and not in KiB. */
  resizeInBytes: 1 << 0,
  /** What is copied to exists; the copy need not outlive the guest; a write is done when both have it. */
  copyToExisting: (1 << 1) | (1 << 2) | (1 << 3),
  /** What is copied to is made; the copy need not outlive the guest. */
  copyToNew: 1 << 2,
  /** The guest goes on with the copy. */
  pivot: 1 << 1,
} as const;

export const domainStates = { running: 1, blocked: 2, paused: 3, shuttingDown: 4, off: 5, crashed: 6, sleeping: 7 } as const;
/** The type of a parameter that is an unsigned 64-bit number. */
export const UNSIGNED_LONG_PARAMETER = 4;
/** The reason of state `paused` that says a disk failed and the guest was stopped for it. */
export const PAUSED_BECAUSE_OF_DISK = 5;
/** The reason of state `off` that says the guest's process died. */
export const OFF_BECAUSE_CRASHED = 3;

import { LibvirtConnection, type DomainEvent } from './rpc/connection.js';
import { domainStates, flags, monitorCommand, OFF_BECAUSE_CRASHED, PAUSED_BECAUSE_OF_DISK, procedures, UNSIGNED_LONG_PARAMETER, type DomainRef, type Procedure } from './rpc/procedures.js';
import { errorCodes, isLibvirt } from './failures.js';
import { parseDomain, type Domain } from './domain-xml.js';
import { DriverUnavailable, type GuestPower } from '@virga/ports';

export interface DomainState {
  power: GuestPower;
  /** Whether a QEMU process exists. */
  isActive: boolean;
  /** Whether QEMU stopped it because a disk failed; what it asked of the disk is kept. */
  isStalled: boolean;
}

export interface NodeFacts {
  hostname: string;
  hypervisorVersion: number;
  cpus: number;
  memoryMebibytes: number;
  memoryUsedMebibytes: number;
  capabilitiesXml: string;
}

/** What happens on the line: `connected` also means that events may have been missed before it. */
export type LibvirtNews = DomainEvent | { kind: 'connected' } | { kind: 'disconnected' };

/**
 * libvirt in the words of this driver, over one connection that is opened when it is needed.
 *
 * Theory of operation. A call finds the connection open or opens it; many callers share one attempt. There are no retries
 * here: a lost connection fails what is under way, and the caller's own retry reopens it. Readers of reports reopen it with
 * back-off even when no command comes, so that events flow again after the daemon's restart.
 */
export class LibvirtClient {
  private connection: LibvirtConnection | undefined;
  private opening: Promise<LibvirtConnection> | undefined;
  private readonly listeners = new Set<(news: LibvirtNews) => void>();
  private readonly closed = new AbortController();

  constructor(private readonly socketPath: string) {}

  /** Calls `listener` for every piece of news until the answered function is called. */
  listen(listener: (news: LibvirtNews) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.closed.abort(new Error('The libvirt client was closed.'));
    this.connection?.close();
  }

  /** Resolves when the connection is open; throws where it cannot be opened now. */
  async ensureConnected(signal: AbortSignal): Promise<void> {
    await this.connected(signal);
  }

  async find(id: string, signal: AbortSignal): Promise<DomainRef | undefined> {
    return this.unlessGone(async () => (await this.call(procedures.lookupByUuid, { uuid: id }, signal)).dom);
  }

  async list(signal: AbortSignal): Promise<DomainRef[]> {
    return (await this.call(procedures.listAllDomains, { needResults: 1, flags: 0 }, signal)).domains;
  }

  /** The persistent definition, which is what the next start uses; undefined where the domain is gone by now. */
  async describe(dom: DomainRef, signal: AbortSignal): Promise<Domain | undefined> {
    return this.unlessGone(async () => parseDomain((await this.call(procedures.getXml, { dom, flags: flags.xmlInactive }, signal)).xml));
  }

  /** What the running guest has now; differs from `describe` until an unplugged device is released. */
  async describeLive(dom: DomainRef, signal: AbortSignal): Promise<Domain | undefined> {
    return this.unlessGone(async () => parseDomain((await this.call(procedures.getXml, { dom, flags: 0 }, signal)).xml));
  }

  async state(dom: DomainRef, signal: AbortSignal): Promise<DomainState | undefined> {
    return this.unlessGone(async () => {
      const { state, reason } = await this.call(procedures.getState, { dom, flags: 0 }, signal);
      return { power: powerOf(state, reason), isActive: state !== domainStates.off, isStalled: isStalled(state, reason) };
    });
  }

  async define(xml: string, signal: AbortSignal): Promise<DomainRef> {
    return (await this.change(procedures.defineXml, { xml, flags: 0 }, signal)).dom;
  }

  /** Everything that libvirt keeps for the domain goes with it; gone already is success. */
  async undefine(dom: DomainRef, signal: AbortSignal): Promise<void> {
    await this.unlessGone(() => this.change(procedures.undefine, { dom, flags: flags.undefineEverything }, signal));
  }

  async start(dom: DomainRef, options: { isPaused: boolean }, signal: AbortSignal): Promise<void> {
    await this.change(procedures.create, { dom, flags: options.isPaused ? flags.startPaused : 0 }, signal);
  }

  /** Cuts the power; off or gone already is success. */
  async cutPower(dom: DomainRef, signal: AbortSignal): Promise<void> {
    await this.unlessGone(() => this.change(procedures.destroy, { dom, flags: 0 }, signal), errorCodes.operationInvalid);
  }

  /** Presses the ACPI power button; off or gone already is success. */
  async pressPowerButton(dom: DomainRef, signal: AbortSignal): Promise<void> {
    await this.unlessGone(() => this.change(procedures.shutdown, { dom, flags: flags.shutdownByAcpi }, signal), errorCodes.operationInvalid);
  }

  async suspend(dom: DomainRef, signal: AbortSignal): Promise<void> {
    await this.change(procedures.suspend, { dom }, signal);
  }

  async resume(dom: DomainRef, signal: AbortSignal): Promise<void> {
    await this.change(procedures.resume, { dom }, signal);
  }

  /** Replaces our element under `<metadata>`, in the running guest and in its definition. */
  async setMetadata(dom: DomainRef, metadata: { xml: string; prefix: string; uri: string }, isActive: boolean, signal: AbortSignal): Promise<void> {
    await this.change(procedures.setMetadata, {
      dom, type: flags.metadataElement, metadata: metadata.xml, key: metadata.prefix, uri: metadata.uri, flags: affecting(isActive),
    }, signal);
  }

  async attach(dom: DomainRef, xml: string, scope: 'live' | 'definition', signal: AbortSignal): Promise<void> {
    await this.change(procedures.attachDevice, { dom, xml, flags: scopeFlags[scope] }, signal);
  }

  /** On a running guest this only asks: the device is gone when the guest lets go of it (`device-removed`). */
  async detach(dom: DomainRef, xml: string, scope: 'live' | 'definition', signal: AbortSignal): Promise<void> {
    await this.change(procedures.detachDevice, { dom, xml, flags: scopeFlags[scope] }, signal);
  }

  /** The running guest's disk is of this size; what it stands on must be so large already. */
  async resizeDisk(dom: DomainRef, target: string, sizeBytes: number, signal: AbortSignal): Promise<void> {
    await this.change(procedures.blockResize, { dom, disk: target, size: BigInt(sizeBytes), flags: flags.resizeInBytes }, signal);
  }

  /** Limits by libvirt's names, in the definition and, where it runs, in the guest; 0 is unlimited. */
  async limitDisk(dom: DomainRef, target: string, limits: [name: string, value: number][], isActive: boolean, signal: AbortSignal): Promise<void> {
    const params = limits.map(([field, value]) => ({ field, type: UNSIGNED_LONG_PARAMETER, value: BigInt(value) }));
    await this.change(procedures.setBlockIoTune, { dom, disk: target, params, flags: affecting(isActive) }, signal);
  }

  /** Begins to copy the running guest's disk to what `xml` describes: `existing`, and then every write is done when both have it, or a `new` file. */
  async copyDisk(dom: DomainRef, target: string, { xml, to }: { xml: string; to: 'existing' | 'new' }, signal: AbortSignal): Promise<void> {
    const how = to === 'existing' ? flags.copyToExisting : flags.copyToNew;
    await this.change(procedures.blockCopy, { dom, disk: target, destination: xml, params: [], flags: how }, signal);
  }

  /** Ends the copying of a disk: the guest goes on with the copy (`pivot`) or with what it has. */
  async endCopy(dom: DomainRef, target: string, how: 'pivot' | 'give-up', signal: AbortSignal): Promise<void> {
    await this.change(procedures.blockJobAbort, { dom, disk: target, flags: how === 'pivot' ? flags.pivot : 0 }, signal);
  }

  /**
   * The guest's raw disk is no longer a first part of what it is on, but all of it; the guest learns that when the disk is resized.
   * Such a disk cannot be resized before, and libvirt 9 does not do it; the names of the two nodes are libvirt's.
   */
  async uncutDisk(dom: DomainRef, alias: string, signal: AbortSignal): Promise<void> {
    const disks = await this.monitor<{ qdev?: string; inserted?: { 'node-name': string; ro: boolean; cache: { direct: boolean } } }[]>(dom, { execute: 'query-block' }, signal);
    const disk = disks.find(({ qdev }) => qdev?.split('/').includes(alias) === true)?.inserted;
    if (disk === undefined) return;
    const { 'node-name': node, ro: isReadOnly, cache: { direct } } = disk;
    const options = { driver: 'raw', 'node-name': node, file: node.replace(/-format$/, '-storage'), 'read-only': isReadOnly, discard: 'unmap', cache: { direct, 'no-flush': false } };
    await this.monitor(dom, { execute: 'blockdev-reopen', arguments: { options: [options] } }, signal);
  }

  /** Makes QEMU ask the disk for something; whether that works is found out by what one wanted it for. */
  async readFirstSector(dom: DomainRef, alias: string, signal: AbortSignal): Promise<void> {
    const line = `qemu-io -d /machine/peripheral/${alias}/virtio-backend "read 0 512"`;
    await this.monitor(dom, { execute: 'human-monitor-command', arguments: { 'command-line': line } }, signal);
  }

  /** QEMU's own answer; throws where it refuses. */
  private async monitor<Answer>(dom: DomainRef, command: object, signal: AbortSignal): Promise<Answer> {
    const { result } = await this.call(monitorCommand, { dom, command: JSON.stringify(command), flags: 0 }, signal);
    const answer = JSON.parse(result) as { return: Answer; error?: { desc: string } };
    if (answer.error !== undefined) throw new DriverUnavailable('libvirt', { cause: new Error(answer.error.desc) });
    return answer.return;
  }

  /** The secret is defined so and has this value; it is in the daemon's memory only. */
  async putSecret(xml: string, value: Buffer, signal: AbortSignal): Promise<void> {
    const { secret } = await this.change(procedures.secretDefine, { xml, flags: 0 }, signal);
    await this.change(procedures.secretSetValue, { secret, value, flags: 0 }, signal);
  }

  async removeSecrets(isUnwanted: (usageId: string) => boolean, signal: AbortSignal): Promise<void> {
    const { secrets } = await this.call(procedures.listAllSecrets, { needResults: 1, flags: 0 }, signal);
    for (const secret of secrets.filter(({ usageId }) => isUnwanted(usageId))) {
      await this.unlessGone(() => this.change(procedures.secretUndefine, { secret }, signal), errorCodes.noSecret);
    }
  }

  async node(signal: AbortSignal): Promise<NodeFacts> {
    const [{ hostname }, { version }, info, { xml }, used] = await Promise.all([
      this.call(procedures.getHostname, undefined, signal),
      this.call(procedures.getVersion, undefined, signal),
      this.call(procedures.getNodeInfo, undefined, signal),
      this.call(procedures.getCapabilities, undefined, signal),
      this.memoryUsedMebibytes(signal),
    ]);
    return {
      hostname, hypervisorVersion: Number(version), cpus: info.cpus,
      memoryMebibytes: Number(info.memoryKibibytes / 1024n), memoryUsedMebibytes: used, capabilitiesXml: xml,
    };
  }

  private async memoryUsedMebibytes(signal: AbortSignal): Promise<number> {
    const wholeNode = -1;
    const { count } = await this.call(procedures.getNodeMemoryStats, { count: 0, cell: wholeNode, flags: 0 }, signal);
    const { stats } = await this.call(procedures.getNodeMemoryStats, { count, cell: wholeNode, flags: 0 }, signal);
    const kibibytes = (field: string): number => Number(stats.find((stat) => stat.field === field)?.value ?? 0n);
    return Math.floor((kibibytes('total') - kibibytes('free') - kibibytes('buffers') - kibibytes('cached')) / 1024);
  }

  private async call<Arguments, Reply>(procedure: Procedure<Arguments, Reply>, args: Arguments, signal: AbortSignal): Promise<Reply> {
    return (await this.connected(signal)).call(procedure, args, signal);
  }

  /**
   * A change is waited for even when its caller gives up: the daemon works on calls side by side, so a look that comes
   * after an abandoned change could miss it.
   */
  private async change<Arguments, Reply>(procedure: Procedure<Arguments, Reply>, args: Arguments, signal: AbortSignal): Promise<Reply> {
    const reply = await (await this.connected(signal)).call(procedure, args);
    signal.throwIfAborted();
    return reply;
  }

  private async unlessGone<Result>(work: () => Promise<Result>, ...alsoFine: number[]): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isLibvirt(error, errorCodes.noDomain, ...alsoFine)) return undefined;
      throw error;
    }
  }

  private async connected(signal: AbortSignal): Promise<LibvirtConnection> {
    signal.throwIfAborted();
    if (this.connection?.isOpen) return this.connection;
    this.opening ??= this.open().finally(() => { this.opening = undefined; });
    return this.opening;
  }

  /** Has its own time limit and no caller's signal: one caller giving up must not fail the others. */
  private async open(): Promise<LibvirtConnection> {
    const connection = await LibvirtConnection.open(this.socketPath, {
      onEvent: (event) => this.tell(event),
      onClose: () => this.tell({ kind: 'disconnected' }),
    }, this.closed.signal);
    this.connection = connection;
    this.tell({ kind: 'connected' });
    return connection;
  }

  private tell(news: LibvirtNews): void {
    for (const listener of this.listeners) listener(news);
  }
}

const scopeFlags = { live: flags.affectLive, definition: flags.affectConfig } as const;

const affecting = (isActive: boolean): number => (isActive ? flags.affectLive | flags.affectConfig : flags.affectConfig);

const isStalled = (state: number, reason: number): boolean => state === domainStates.paused && reason === PAUSED_BECAUSE_OF_DISK;

/** A guest that is shutting down still runs: its process and its disks are in use; so does one that is stalled. */
function powerOf(state: number, reason: number): GuestPower {
  if (state === domainStates.off) return reason === OFF_BECAUSE_CRASHED ? 'crashed' : 'shutdown';
  if (state === domainStates.crashed) return 'crashed';
  // It runs as far as anybody asked for; it waits for its disk.
  if (isStalled(state, reason)) return 'running';
  if (state === domainStates.paused || state === domainStates.sleeping) return 'paused';
  return 'running';
}

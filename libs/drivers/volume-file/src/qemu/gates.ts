import { createServer } from 'node:net';
import { join } from 'node:path';
import { raise, Turns, unlessAborted } from '@virga/kernel';
import { RecordFiles } from '../catalog.js';
import { refused, unavailable } from '../failures.js';
import { shortName } from '../layer-files.js';
import { BlockNodes } from './block-nodes.js';
import { DaemonProcess } from './daemon-process.js';

export interface GateOptions {
  /** Where other hosts reach this one. */
  address: string;
  /**
   * One port per compute host, both ends included. Too few: hosts beyond that many cannot attach volumes from here. To be chosen below the
   * kernel's own range (`net.ipv4.ip_local_port_range`): inside it, any connection of this machine may have taken one.
   */
  ports: { first: number; last: number };
  /** `ca-cert.pem`, `server-cert.pem`, `server-key.pem`. */
  pkiDirectory: string;
  /** The distinguished name in the host's certificate, as GnuTLS writes it (`O=Virga,CN=node-1`). */
  identityOf: (host: string) => string;
}

interface GateRecord {
  id: string;
  host: string;
  port: number;
}

/** How long a gate holds back its guests' requests while the vault restarts. Too low: they see errors. Too high: they hang. */
const RECONNECT_SECONDS = 300;
/** Too low: a gate that is only slow takes its other volumes from its host for a moment. Too high: fencing waits. */
const LET_GO_WITHIN_MS = 5_000;

/**
 * How other hosts reach volumes: for each host one daemon that speaks TLS with it and with nobody else, and passes its
 * requests on to the vault.
 *
 * Theory of operation. A gate opens no file. It lists only its own host's volumes, so a host that was taken over sees nothing of
 * others', and a fault in what faces the network is not one in what holds the volumes. Its port is recorded before it is
 * used and stays, since guests come back to it after every restart.
 */
export class Gates {
  private readonly daemons = new Map<string, DaemonProcess>();
  private readonly turns = new Turns();

  constructor(
    private readonly options: GateOptions | undefined,
    private readonly records: RecordFiles<GateRecord>,
    private readonly runDirectory: string,
    private readonly vaultSocket: string,
    private readonly onLost: (host: string) => void,
  ) {}

  static async open(
    options: GateOptions | undefined, places: { root: string; runDirectory: string; vaultSocket: string }, onLost: (host: string) => void,
  ): Promise<Gates> {
    const records = new RecordFiles<GateRecord>(join(places.root, 'gates'));
    await records.load();
    return new Gates(options, records, places.runDirectory, places.vaultSocket, onLost);
  }

  /** Where the host finds this; `Refused` where this store serves no other hosts. */
  async addressFor(host: string): Promise<{ address: string; port: number }> {
    const options = this.requireOptions();
    return { address: options.address, port: (await this.recordFor(host, options)).port };
  }

  /** Undefined where the host has no port, or this store serves no other hosts any more. */
  knownAddressFor(host: string): { address: string; port: number } | undefined {
    const record = this.records.find(shortName(host));
    return this.options && record && { address: this.options.address, port: record.port };
  }

  serve(host: string, exportName: string, isReadOnly: boolean, signal: AbortSignal): Promise<void> {
    return this.turns.run(host, () => this.serveNow(host, exportName, isReadOnly, signal));
  }

  private async serveNow(host: string, exportName: string, isReadOnly: boolean, signal: AbortSignal): Promise<void> {
    const nodes = await this.running(host, signal);
    const [id, node] = [exportId(exportName), nodeName(exportName)];
    if ((await nodes.exports()).some((entry) => entry.id === id)) return;
    await nodes.remove(node);
    await nodes.add({
      driver: 'nbd', 'node-name': node, server: { type: 'unix', path: this.vaultSocket }, export: exportName,
      'reconnect-delay': RECONNECT_SECONDS, discard: 'unmap', 'read-only': isReadOnly,
    });
    // A gate keeps nothing back: what the vault has answered for is on the disk.
    await nodes.addExport(id, node, exportName, { isWritable: !isReadOnly, writethrough: false });
  }

  /**
   * The host reaches this export no more through its gate; where `host` is unknown, no host does. To be done before the vault
   * takes its export away: a gate that waits for the vault does not let go. One that does not let go is killed, and what
   * else it served is served anew.
   */
  async withdraw(host: string | undefined, exportName: string, signal: AbortSignal): Promise<void> {
    const hosts = host === undefined ? this.records.all().map((record) => record.host) : [host];
    for (const candidate of hosts) await this.withdrawOrKill(candidate, exportName, signal);
  }

  /** The gates' exports are these and no others; the gate of a host that has none is closed and its port free. */
  async withdrawOthers(wanted: { host: string; exportName: string }[], signal: AbortSignal): Promise<void> {
    for (const { id, host } of this.records.all()) {
      await this.turns.run(host, async () => {
        const names = new Set(wanted.filter((entry) => entry.host === host).map((entry) => entry.exportName));
        const nodes = await this.present(host, signal);
        const found = nodes === undefined ? [] : (await nodes.exports()).map((entry) => entry.id.slice(1));
        for (const name of found) if (!names.has(name)) await this.withdrawOrKill(host, name, signal);
        if (names.size > 0) return;
        await this.daemonOf(host).stop();
        this.daemons.delete(host);
        await this.records.remove(id);
      });
    }
  }

  close(): void {
    for (const daemon of this.daemons.values()) daemon.close();
  }

  async stop(): Promise<void> {
    for (const { host } of this.records.all()) await this.daemonOf(host).stop();
  }

  private async withdrawOrKill(host: string, exportName: string, signal: AbortSignal): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LET_GO_WITHIN_MS)]);
    try {
      await unlessAborted(this.withdrawFrom(host, exportName, limit), limit);
    } catch {
      signal.throwIfAborted();
      await this.daemonOf(host).stop();
      this.onLost(host);
    }
  }

  private async withdrawFrom(host: string, exportName: string, signal: AbortSignal): Promise<void> {
    const nodes = await this.present(host, signal);
    if (nodes === undefined) return;
    await nodes.removeExport(exportId(exportName), signal);
    await nodes.remove(nodeName(exportName));
  }

  private async running(host: string, signal: AbortSignal): Promise<BlockNodes> {
    await this.recordFor(host, this.requireOptions());
    return new BlockNodes(await this.daemonOf(host).running(signal));
  }

  private async present(host: string, signal: AbortSignal): Promise<BlockNodes | undefined> {
    const record = this.records.find(shortName(host));
    const qmp = record && await this.daemonOf(host).present(signal);
    return qmp && new BlockNodes(qmp);
  }

  private daemonOf(host: string): DaemonProcess {
    const known = this.daemons.get(host);
    if (known) return known;
    const daemon = new DaemonProcess({
      name: `gate-${shortName(host)}`, runDirectory: this.runDirectory, onLost: () => this.onLost(host),
      args: () => this.argumentsOf(host),
    });
    this.daemons.set(host, daemon);
    return daemon;
  }

  private argumentsOf(host: string): string[] {
    const port = this.records.find(shortName(host))?.port ?? raise(unavailable(`host ${host} has no port`));
    const { address, pkiDirectory, identityOf } = this.requireOptions();
    return [
      '--object', `tls-creds-x509,id=tls,dir=${escaped(pkiDirectory)},endpoint=server,verify-peer=on`,
      '--object', `authz-simple,id=host,identity=${escaped(identityOf(host))}`,
      '--nbd-server', `addr.type=inet,addr.host=${escaped(address)},addr.port=${port},tls-creds=tls,tls-authz=host,max-connections=0`,
    ];
  }

  private recordFor(host: string, { address, ports }: GateOptions): Promise<GateRecord> {
    return this.turns.run('ports', async () => {
      const known = this.records.find(shortName(host));
      if (known) return known;
      const taken = new Set(this.records.all().map((record) => record.port));
      for (let port = ports.first; port <= ports.last; port += 1) {
        if (taken.has(port) || !await isFree(address, port)) continue;
        const record = { id: shortName(host), host, port };
        await this.records.put(record);
        return record;
      }
      throw unavailable(`all ports from ${ports.first} to ${ports.last} are taken`);
    });
  }

  private requireOptions(): GateOptions {
    if (this.options === undefined) throw refused('this store serves its own host only: it has no certificates for others');
    return this.options;
  }
}

/** Some other program of this machine may have the port; once a gate has it, it is recorded and stays. */
function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    // An address that is not this machine's must not read as "all ports are taken".
    probe.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    probe.listen(port, address, () => { probe.close(() => resolve(true)); });
  });
}

const exportId = (exportName: string): string => `x${exportName}`;
/** A UUID without its dashes, shortened: names of nodes end at 31 characters. */
const nodeName = (exportName: string): string => `g${exportName.replaceAll('-', '').slice(0, 30)}`;
/** Commas separate QEMU's options, and a doubled one stands for itself. */
const escaped = (value: string): string => value.replaceAll(',', ',,');

import { join } from 'node:path';
import { newHexId } from '@virga/kernel';
import type { VolumeKey } from '@virga/ports';
import type { Layer } from '../catalog.js';
import { shortName, type LayerFiles, type LayerId } from '../layer-files.js';
import { BlockNodes } from './block-nodes.js';
import { DaemonProcess } from './daemon-process.js';

const PREFIX = 'n';

/** Nodes of one owner (a volume, or a piece of work) carry its short name; each owner has its own of every layer. */
const nodeName = (owner: string, layer: LayerId): string => `${PREFIX}${shortName(owner)}.${layer}`;
const layerOf = (node: string): LayerId => node.slice(node.indexOf('.') + 1) as LayerId;

export interface VaultOptions {
  runDirectory: string;
  files: LayerFiles;
  /** The group of the host's QEMU processes, which may connect. */
  socketGroupId?: number;
  onLost: () => void;
}

/**
 * The one daemon that opens layers while anybody may write to them: every reader and writer goes through it.
 *
 * Theory of operation. Since all volumes are in one process, one transaction freezes many of them at one moment, and since
 * nobody else opens their files, taking an export away is proof that its host can write no more. QEMU's own locks on the
 * files refuse a second writer even if all of this went wrong. Its NBD socket is for this host's guests, for the gates of
 * other hosts, and for ourselves.
 */
export class Vault {
  readonly socketPath: string;
  private readonly daemon: DaemonProcess;

  constructor(private readonly options: VaultOptions) {
    this.socketPath = join(options.runDirectory, 'vault.nbd');
    const { runDirectory, socketGroupId, onLost } = options;
    this.daemon = new DaemonProcess({
      name: 'vault', runDirectory, onLost,
      socket: { path: this.socketPath, ...(socketGroupId !== undefined && { groupId: socketGroupId }) },
      args: () => ['--nbd-server', `addr.type=unix,addr.path=${this.socketPath},max-connections=0`],
    });
  }

  async running(signal: AbortSignal): Promise<BlockNodes> {
    return new BlockNodes(await this.daemon.running(signal));
  }

  async present(signal: AbortSignal): Promise<BlockNodes | undefined> {
    const qmp = await this.daemon.present(signal);
    return qmp && new BlockNodes(qmp);
  }

  get isConnected(): boolean {
    return this.daemon.isConnected;
  }

  close(): void {
    this.daemon.close();
  }

  stop(): Promise<void> {
    return this.daemon.stop();
  }

  /** Opens the chain, top first, and answers its top's node; whatever the owner had open is closed before. */
  async openChain(nodes: BlockNodes, owner: string, chain: Layer[], { isWritable, key }: { isWritable: boolean; key: VolumeKey | undefined }): Promise<string> {
    await this.closeChain(nodes, owner);
    return this.withSecret(nodes, key, async (secretId) => {
      let backing: string | null = null;
      for (const [index, layer] of [...chain.entries()].reverse()) {
        const name = nodeName(owner, layer.id);
        await nodes.add({ ...this.options.files.node(layer, secretId), 'node-name': name, 'read-only': !(isWritable && index === 0), backing });
        backing = name;
      }
      return backing ?? '';
    });
  }

  /** Nothing of the owner is open; what is exported still stays. */
  async closeChain(nodes: BlockNodes, owner: string): Promise<void> {
    const mine = `${PREFIX}${shortName(owner)}.`;
    for (let left = (await nodes.names()).filter((name) => name.startsWith(mine)); left.length > 0;) {
      const kept: string[] = [];
      for (const name of left) if (!await nodes.remove(name)) kept.push(name);
      if (kept.length === left.length) return;
      left = kept;
    }
  }

  /** Closes what belongs to none of these owners. */
  async closeOthers(nodes: BlockNodes, owners: string[]): Promise<void> {
    const known = new Set(owners.map((owner) => `${PREFIX}${shortName(owner)}`));
    const foreign = (await nodes.names()).filter((name) => /^n[0-9a-f]{12}\./.test(name) && !known.has(name.slice(0, name.indexOf('.'))));
    for (let left = foreign; left.length > 0;) {
      const kept: string[] = [];
      for (const name of left) if (!await nodes.remove(name)) kept.push(name);
      if (kept.length === left.length) return;
      left = kept;
    }
  }

  /** Opens a new top beside the open chain, for `pivot`. */
  async prepareOverlay(nodes: BlockNodes, owner: string, layer: Layer, key: VolumeKey | undefined): Promise<string> {
    const name = nodeName(owner, layer.id);
    // Left by an attempt that ended before its pivot.
    await nodes.remove(name);
    await this.withSecret(nodes, key, (secretId) => nodes.add({ ...this.options.files.node(layer, secretId), 'node-name': name, backing: null }));
    return name;
  }

  nodeOf(owner: string, layer: LayerId): string {
    return nodeName(owner, layer);
  }

  layerOf(node: string): LayerId {
    return layerOf(node);
  }

  /** QEMU needs the passphrase while it opens a layer and not afterwards. */
  private async withSecret<Result>(nodes: BlockNodes, key: VolumeKey | undefined, work: (secretId: string) => Promise<Result>): Promise<Result> {
    if (key === undefined) return work('');
    const secretId = `k${newHexId()}`;
    await nodes.addSecret(secretId, key.passphrase);
    return work(secretId).finally(() => nodes.removeSecret(secretId).catch(() => undefined));
  }
}

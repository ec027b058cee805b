import { DriverUnavailable } from '@virga/ports';
import { QmpError, type QmpClient, type QmpEvent } from './qmp-client.js';

export interface BlockExport {
  id: string;
  nodeName: string;
  isShuttingDown: boolean;
}

const LETS_GO_WITHIN_MS = 20_000;

/** The block layer of a storage daemon in the words of this driver. All of it may be repeated. */
export class BlockNodes {
  constructor(private readonly qmp: QmpClient) {}

  async names(): Promise<string[]> {
    const nodes = await this.qmp.execute('query-named-block-nodes', { flat: true }) as { 'node-name'?: string }[];
    return nodes.map((node) => node['node-name']).filter((name) => name !== undefined);
  }

  async add(node: Record<string, unknown>): Promise<void> {
    await this.qmp.execute('blockdev-add', node);
  }

  /** Whether it is gone now; false where something still stands on it. */
  async remove(name: string): Promise<boolean> {
    return this.qmp.execute('blockdev-del', { 'node-name': name }).then(() => true, (error: unknown) => {
      if (error instanceof QmpError) return /failed to find|cannot find/i.test(error.description);
      throw error;
    });
  }

  async exports(): Promise<BlockExport[]> {
    const found = await this.qmp.execute('query-block-exports') as { id: string; 'node-name': string; 'shutting-down': boolean }[];
    return found.map((entry) => ({ id: entry.id, nodeName: entry['node-name'], isShuttingDown: entry['shutting-down'] }));
  }

  /** With `writethrough`, a write is answered for when it is on the disk. */
  async addExport(id: string, nodeName: string, name: string, options: { isWritable: boolean; writethrough: boolean }): Promise<void> {
    const { isWritable, writethrough } = options;
    await this.qmp.execute('block-export-add', { type: 'nbd', id, 'node-name': nodeName, name, writable: isWritable, writethrough });
  }

  /** Cuts every client off, whatever it does, and resolves when its last request has ended and none can come. */
  async removeExport(id: string, signal: AbortSignal): Promise<void> {
    const isThere = async (): Promise<boolean> => (await this.exports()).some((entry) => entry.id === id);
    if (!await isThere()) return;
    await this.until((event) => event.event === 'BLOCK_EXPORT_DELETED' && event.data['id'] === id, async () => {
      await this.qmp.execute('block-export-del', { id, mode: 'hard' }).catch(async (error: unknown) => {
        // It may have been on its way out already.
        if (!(error instanceof QmpError)) throw error;
      });
      return !await isThere();
    }, AbortSignal.any([signal, AbortSignal.timeout(LETS_GO_WITHIN_MS)]));
  }

  async size(nodeName: string): Promise<number> {
    const nodes = await this.qmp.execute('query-named-block-nodes', { flat: true }) as { 'node-name'?: string; image: { 'virtual-size': number } }[];
    const node = nodes.find((candidate) => candidate['node-name'] === nodeName);
    if (node === undefined) throw new DriverUnavailable('volume', { cause: new Error(`the daemon has no node ${nodeName}`) });
    return node.image['virtual-size'];
  }

  async resize(nodeName: string, sizeBytes: number): Promise<void> {
    await this.qmp.execute('block_resize', { 'node-name': nodeName, size: sizeBytes });
  }

  /** Puts each overlay onto its node, all at one point in time: what is written later goes into the overlays. */
  async pivot(pairs: { node: string; overlay: string }[]): Promise<void> {
    await this.qmp.execute('transaction', { actions: pairs.map((data) => ({ type: 'blockdev-snapshot', data })) });
  }

  /** Copies into `device` what it shows of the nodes between it and `base`, and takes those out of its chain. */
  async stream(jobId: string, device: string, base: string | undefined, signal: AbortSignal): Promise<void> {
    const isOver = (event: QmpEvent): boolean =>
      event.event === 'JOB_STATUS_CHANGE' && event.data['id'] === jobId && ['concluded', 'aborting'].includes(String(event.data['status']));
    try {
      await this.until(isOver, async () => {
        await this.qmp.execute('block-stream', { 'job-id': jobId, device, 'auto-dismiss': false, ...(base !== undefined && { 'base-node': base }) });
        return false;
      }, signal);
    } catch (error) {
      await this.cancel(jobId);
      throw error;
    }
    const failure = (await this.jobs()).find((job) => job.id === jobId)?.error;
    await this.qmp.execute('job-dismiss', { id: jobId });
    if (failure !== undefined) throw new DriverUnavailable('volume', { cause: new Error(`block-stream: ${failure}`) });
  }

  /** Ends a job of ours, whoever began it; what it has copied stays and is harmless. */
  async cancel(jobId: string): Promise<void> {
    if (!(await this.jobs()).some((job) => job.id === jobId)) return;
    const isOver = (event: QmpEvent): boolean =>
      event.event === 'JOB_STATUS_CHANGE' && event.data['id'] === jobId && ['concluded', 'null'].includes(String(event.data['status']));
    await this.until(isOver, async () => {
      await this.qmp.execute('job-cancel', { id: jobId }).catch(ignoreRefusal);
      return (await this.jobs()).every((job) => job.id !== jobId || job.status === 'concluded');
    }, AbortSignal.timeout(LETS_GO_WITHIN_MS));
    await this.qmp.execute('job-dismiss', { id: jobId }).catch(ignoreRefusal);
  }

  async jobs(): Promise<{ id: string; status: string; error?: string }[]> {
    return await this.qmp.execute('query-jobs') as { id: string; status: string; error?: string }[];
  }

  async addSecret(id: string, passphrase: string): Promise<void> {
    await this.qmp.execute('object-add', { 'qom-type': 'secret', id, data: passphrase });
  }

  async removeSecret(id: string): Promise<void> {
    await this.qmp.execute('object-del', { id }).catch(ignoreRefusal);
  }

  /** Begins something and waits for its event, listening from before the beginning; `begin` answers whether it is over at once. */
  private async until(isIt: (event: QmpEvent) => boolean, begin: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const seen = Promise.withResolvers<void>();
    seen.promise.catch(() => undefined);
    const unlisten = this.qmp.listen((event) => { if (isIt(event)) seen.resolve(); });
    const giveUp = (): void => seen.reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    void this.qmp.closed.then(() => seen.reject(new DriverUnavailable('volume', { cause: new Error('the storage daemon ended') })));
    try {
      if (!await begin()) await seen.promise;
    } finally {
      unlisten();
      signal.removeEventListener('abort', giveUp);
    }
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof QmpError)) throw error;
}

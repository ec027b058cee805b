import type { CallContract } from '@virga/contract';
import { attachedVolumeGrew, attachmentChanged, snapshotChanged, volumeChanged } from '@virga/contracts-block-storage';
import type { Duration } from '@virga/kernel';
import type { ApiAnswer } from '@virga/testing';
import type { BlockStorageWorld } from '../../apps/block-storage/src/testing/index.js';
import type { ComputeWorld } from '../../apps/compute/src/testing/index.js';

const EVENTS = [attachedVolumeGrew, attachmentChanged, snapshotChanged, volumeChanged];

/**
 * Compute and block storage, each whole and with its own database, that speak with each other; what is around them is simulated.
 * Compute's guests open the volumes that block storage's hosts export.
 */
export class TwoServices {
  constructor(readonly compute: ComputeWorld, readonly storage: BlockStorageWorld) {
    const { cloud } = compute;
    const answerOthers = cloud.answer.bind(cloud);
    cloud.answer = (contract: CallContract, request: unknown, host: string | undefined): unknown =>
      (contract.type.startsWith('block-storage.') ? storage.ask(contract, request as never) : answerOthers(contract, request, host));
  }

  /** Until nothing moves in either of them, nor between them. */
  async settled(): Promise<void> {
    let hasMoved = true;
    while (hasMoved) {
      await this.storage.settled();
      const news = this.storage.cloud.events.splice(0);
      this.compute.cloud.storage.events.push(...news.flatMap(({ type, body }) => EVENTS.filter((contract) => contract.type === type).map((contract) => ({ contract, body }))));
      await this.compute.settled();
      hasMoved = news.length > 0 || (await this.storage.count('outbox')) > 0;
    }
  }

  async pass(by: Duration): Promise<void> {
    this.storage.clock.advance(by);
    this.compute.clock.advance(by);
    for (const host of this.storage.cloud.hosts.values()) await host.announce();
    for (const host of this.compute.cloud.hosts.values()) host.announce();
    await this.settled();
  }

  askCompute(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    return this.compute.request({ as: 'alice', method, url: `/v2.1${path}`, headers: { 'openstack-api-version': 'compute 2.93' }, ...(body !== undefined && { body }) });
  }

  async attach(server: string, volume: string, more: object = {}): Promise<void> {
    const answer = await this.askCompute('POST', `/servers/${server}/os-volume_attachments`, { volumeAttachment: { volumeId: volume, ...more } });
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    await this.settled();
  }

  /** The volumes that the guest has, as its host was told. */
  disksOf(server: string): { volumeId: string; attachmentId: string; connection: unknown }[] {
    return [...this.compute.cloud.hosts.values()].flatMap(({ guests }) => [...guests.get(server)?.volumes ?? []]) as never;
  }

  /** What the guest reads at the beginning of its disk; throws where it cannot reach it. */
  openDisk(server: string) {
    const [disk] = this.disksOf(server);
    if (disk === undefined) throw new Error('The guest has no disk.');
    return this.storage.cloud.host().backend().connect(disk.connection as never);
  }

  /** Who can reach which volume. */
  async exports(): Promise<{ host: string; volumeId: string }[]> {
    const { volumes } = await this.storage.cloud.host().backend().observe(AbortSignal.timeout(5_000));
    return volumes.flatMap(({ id, exports }) => exports.map(({ host }) => ({ host, volumeId: id as string })));
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { milliseconds } from '@virga/kernel';
import type { ApiAnswer } from '@virga/testing';
import type { BlockStorageWorld } from '../testing/index.js';
import { AttachmentWait } from './attachment-wait.js';

export interface ShownAttachment {
  id: string;
  status: string;
  instance: string | null;
  volume_id: string;
  attached_at: string;
  attach_mode: string;
  connection_info: Record<string, unknown>;
}

/** Requests about attachments. Those that wait for the storage host are answered while the world moves. */
export class AttachmentsDesk {
  constructor(private readonly world: BlockStorageWorld) {}

  tryCreate(attachment: Record<string, unknown>, as = 'alice'): Promise<ApiAnswer> {
    return this.moving(() => this.world.try('POST', '/attachments', { attachment }, { as }));
  }

  async create(attachment: Record<string, unknown>): Promise<ShownAttachment> {
    return attachmentIn(await this.tryCreate(attachment));
  }

  tryConnect(id: string, connector: Record<string, unknown>, as = 'alice'): Promise<ApiAnswer> {
    return this.moving(() => this.world.try('PUT', `/attachments/${id}`, { attachment: { connector } }, { as }));
  }

  async connect(id: string, connector: Record<string, unknown>): Promise<ShownAttachment> {
    return attachmentIn(await this.tryConnect(id, connector));
  }

  complete(id: string, as = 'alice'): Promise<ApiAnswer> {
    return this.world.try('POST', `/attachments/${id}/action`, { 'os-complete': {} }, { as });
  }

  /** An attachment that is complete; its id. */
  async attached(volume: string, server: string, host: string): Promise<string> {
    const { id } = await this.create({ volume_uuid: volume, instance_uuid: server, connector: { host } });
    await this.complete(id);
    return id;
  }

  async show(id: string): Promise<ShownAttachment> {
    return (await this.world.api<{ attachment: ShownAttachment }>('GET', `/attachments/${id}`)).attachment;
  }

  async list(query = '', as = 'alice'): Promise<string[]> {
    return (await this.world.api<{ attachments: ShownAttachment[] }>('GET', `/attachments${query}`, undefined, { as })).attachments.map(({ id }) => id);
  }

  tryRemove(id: string, as = 'alice'): Promise<ApiAnswer> {
    return this.moving(() => this.world.try('DELETE', `/attachments/${id}`, undefined, { as }));
  }

  /** Takes it away; what the volume still has. */
  async remove(id: string): Promise<ShownAttachment[]> {
    const answer = await this.tryRemove(id);
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return (answer.body as { attachments: ShownAttachment[] }).attachments;
  }

  /** Who can reach which volume, as the storage hosts have it. */
  async exports(): Promise<{ attachmentId: string; host: string; volumeId: string }[]> {
    const found = [];
    for (const host of this.world.cloud.hosts.values()) {
      if (host.isGone) continue;
      const { volumes } = await host.backend().observe(AbortSignal.timeout(5_000));
      found.push(...volumes.flatMap(({ id, exports }) => exports.map((one) => ({ attachmentId: one.attachmentId as string, host: one.host, volumeId: id as string }))));
    }
    return found;
  }

  /** Meanwhile, requests do not wait long for storage hosts; the process serves other tests afterwards. */
  async impatiently<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const wait = this.world.running.app.get(AttachmentWait);
    const { patience } = wait;
    wait.patience = milliseconds(50);
    try {
      return await work();
    } finally {
      wait.patience = patience;
    }
  }

  /** Lets the world move until this is so; a test that waits in vain ends by its own limit. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await this.world.settled();
      await pause(5);
    }
  }

  async moving<Answer>(request: () => Promise<Answer>): Promise<Answer> {
    let isAnswered = false;
    const answer = request().finally(() => { isAnswered = true; });
    while (!isAnswered) {
      await this.world.settled();
      await pause(5);
    }
    return answer;
  }
}

function attachmentIn(answer: ApiAnswer): ShownAttachment {
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return (answer.body as { attachment: ShownAttachment }).attachment;
}

import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { mapLimit, ownEntry } from '@virga/kernel';
import { LOGGER, Metrics, type Logger } from '@virga/observability';
import { Containers, type Container } from '../../containers/index.js';
import { Objects, type StoredObject } from '../../objects/index.js';
import { SyncChanges, type SyncChange } from '../../sync-changes/index.js';
import type { Microseconds } from '../../timestamps/index.js';
import { quoted, wireValue } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { headersOfLink } from '../symlinks/link.js';
import type { Realm } from './realms.js';
import { parseSyncTo, syncSignature } from './signature.js';
import { sendRequest, type OutgoingRequest } from './sync-request.js';

const BATCH = 50;
/** Sent at the same time. More keeps far clusters busier; each takes a connection and the reading of an object. */
const AT_ONCE = 4;

interface Destination {
  realm: Realm;
  /** Without a trailing slash: the container's address in the other cluster. */
  url: string;
  key: string;
}

/**
 * Brings changed objects to the clusters that their containers synchronize with.
 *
 * Theory of operation. Every change of a container that synchronizes leaves the object's name on a list, in the same
 * transaction. A pass takes names off that list for itself, sends what stands behind each now (the object, or its deletion) with
 * the time at which it was made, and strikes the name off where it has not changed again. The other cluster refuses what is older
 * than what it has, so sending twice, late, or round in a circle changes nothing. Dies the process, its names are due again an
 * hour later. Any number of processes may do this at once.
 */
@Injectable()
export class SyncSender {
  constructor(
    private readonly changes: SyncChanges,
    private readonly containers: Containers,
    private readonly objects: Objects,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {}

  /** One pass over what is due; answers how many names were sent. */
  async send(signal: AbortSignal): Promise<number> {
    if (this.settings.syncRealms.length === 0) return 0;
    while (!signal.aborted && await this.changes.fill());
    let count = 0;
    for (let isMore = true; isMore && !signal.aborted;) {
      const due = await this.changes.claim(BATCH);
      const sent = await mapLimit(due, AT_ONCE, (change) => this.sendOne(change, signal));
      count += sent.filter(Boolean).length;
      isMore = due.length === BATCH;
    }
    return count;
  }

  private async sendOne(change: SyncChange, signal: AbortSignal): Promise<boolean> {
    try {
      const container = await this.containers.findById(change.containerId);
      const destination = container && this.destinationOf(container);
      if (container !== undefined && destination !== undefined) await this.bring(change, container, destination, signal);
      await this.changes.done(change);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      const problem = error instanceof Error ? error.message : 'failed';
      this.logger.warn('container sync failed', { container: change.containerId, attempts: change.attempts, problem });
      this.metrics.count('virga_object_storage_sync_failures_total', 'Objects that could not be brought to another cluster', {});
      await this.changes.failed(change, problem);
      return false;
    }
  }

  private async bring({ name, changedAt }: SyncChange, container: Container, destination: Destination, signal: AbortSignal): Promise<void> {
    const object = await this.objects.find(container, name);
    const isGone = object === undefined || object.isDeleteMarker;
    const url = new URL(`${destination.url}/${quoted(name)}`);
    const request: OutgoingRequest = isGone
      ? { method: 'DELETE', url, headers: signed(destination, 'DELETE', url, changedAt) }
      : { method: 'PUT', url, headers: { ...headersOf(object), ...signed(destination, 'PUT', url, object.modifiedAt) }, body: await this.objects.open(object, undefined, signal) };
    try {
      const status = await sendRequest(request, signal);
      if (!isSettled(status, isGone)) throw new Error(`The other cluster answered ${status}.`);
    } finally {
      if (request.body instanceof Readable) request.body.destroy();
    }
  }

  private destinationOf({ metadata }: Container): Destination | undefined {
    const to = parseSyncTo(metadata['x-container-sync-to'] ?? '');
    const realm = this.settings.syncRealms.find(({ name }) => name === to?.realm);
    const endpoint = to && realm && ownEntry(realm.clusters, to.cluster);
    if (to === undefined || realm === undefined || endpoint === undefined) return undefined;
    return { realm, key: metadata['x-container-sync-key'] ?? '', url: `${endpoint.replace(/\/+$/, '')}/${quoted(to.account)}/${quoted(to.container)}` };
  }
}

/** What the other cluster has already, newer than this or gone as it shall be, needs nothing more. */
function isSettled(status: number, isDeletion: boolean): boolean {
  return (status >= 200 && status <= 299) || status === 409 || (isDeletion && status === 404);
}

function signed({ realm, key }: Destination, method: string, url: URL, moment: Microseconds): Record<string, string> {
  const timestamp = `${String(Math.floor(moment / 1_000_000)).padStart(10, '0')}.${String(moment % 1_000_000).padStart(6, '0')}`;
  const nonce = randomUUID();
  const signature = syncSignature({ method, path: url.pathname, timestamp, nonce }, realm.keys[0] ?? '', key);
  return { 'x-timestamp': timestamp, 'x-container-sync-auth': `${realm.name} ${nonce} ${signature}` };
}

function headersOf({ sizeBytes, contentType, metadata, settings, expiresAt }: StoredObject): Record<string, string> {
  const headers = {
    ...metadata, 'content-type': contentType, 'content-length': String(sizeBytes),
    ...(expiresAt !== undefined && { 'x-delete-at': String(expiresAt) }),
    ...(settings.slo !== undefined && { 'x-static-large-object': 'True' }),
    ...(settings.symlink !== undefined && headersOfLink(settings.symlink)),
  };
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, wireValue(value)]));
}

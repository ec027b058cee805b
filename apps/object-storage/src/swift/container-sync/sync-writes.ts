import { SwiftFault } from '../faults/index.js';
import type { PutPlan } from '../features/put-plans.js';
import type { ObjectRequest, SwiftRequest } from '../request/index.js';
import { boundedBody } from '../slo/bounded-body.js';
import { largeObjectEtag, largeObjectSize, type StoredSegment } from '../slo/stored-manifest.js';
import { requestedLink } from '../symlinks/link.js';
import type { Microseconds } from '../../timestamps/index.js';
import { SyncAccess } from './sync-access.js';

/** When a change was made in the cluster that brings it; undefined for requests of anybody else. Throws 400. */
export function originTime({ access, headers }: Pick<SwiftRequest, 'access' | 'headers'>): Microseconds | undefined {
  if (!(access instanceof SyncAccess)) return undefined;
  const [, seconds, fraction = ''] = /^(\d{1,10})(?:\.(\d{1,9}))?(?:_[0-9a-f]+)?$/.exec(headers['x-timestamp'] ?? '') ?? [];
  if (seconds === undefined) throw new SwiftFault(400, 'X-Timestamp should be a UNIX timestamp float value');
  return Number(seconds) * 1_000_000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/**
 * What a PUT from another cluster stores, or undefined for any other PUT. A manifest may come before its segments and a link
 * before its target: both were checked where they come from, and are taken as they are.
 */
export async function syncPlan(request: ObjectRequest, maxManifestSize: number): Promise<PutPlan | undefined> {
  const modifiedAt = originTime(request);
  if (modifiedAt === undefined) return undefined;
  const plan: PutPlan = { modifiedAt, require: { isNewerThan: modifiedAt } };
  if (request.headers['x-static-large-object'] !== undefined) return { ...plan, ...await manifestPlan(request, maxManifestSize) };
  const requested = requestedLink(request.headers, request.target);
  if (requested === undefined) return plan;
  const bytes = request.headers['x-symlink-target-bytes'];
  return { ...plan, bytes: Buffer.alloc(0), settings: { symlink: { ...requested.link, ...(bytes !== undefined && { bytes: Number(bytes) }) } } };
}

async function manifestPlan(request: ObjectRequest, maxBytes: number): Promise<PutPlan> {
  const bytes = await boundedBody(request, maxBytes, 'The manifest is too large.');
  let segments: unknown;
  try {
    segments = JSON.parse(bytes.toString());
  } catch {
    throw new SwiftFault(400, 'Manifest must be valid JSON.');
  }
  if (!Array.isArray(segments) || !segments.every(isSegment)) throw new SwiftFault(400, 'Manifest must be a list of segments.');
  return { bytes, settings: { slo: { etag: largeObjectEtag(segments), sizeBytes: largeObjectSize(segments) } } };
}

function isSegment(value: unknown): value is StoredSegment {
  if (typeof value !== 'object' || value === null) return false;
  return 'data' in value ? typeof value.data === 'string' : isObjectSegment(value);
}

function isObjectSegment(value: object): boolean {
  const { name, bytes, hash, range = '0-0' } = value as Record<string, unknown>;
  return isText(name, /^\/[^/]+\/./) && isText(hash, /^[0-9a-f-]+$/) && isText(range, /^\d+-\d+$/) && Number.isSafeInteger(bytes);
}

function isText(value: unknown, form: RegExp): boolean {
  return typeof value === 'string' && form.test(value);
}

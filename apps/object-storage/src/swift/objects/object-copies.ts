import { Inject, Injectable } from '@nestjs/common';
import type { ByteRange } from '@virga/ports';
import type { Container } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import type { Metadata } from '../../metadata/index.js';
import { Objects, type CopiedPut, type PutAnswer } from '../../objects/index.js';
import { badRequest, preconditionFailed, SwiftFault } from '../faults/index.js';
import type { Content, PutPlan } from '../features/index.js';
import { expiryOf, httpDate, isObjectHeader, objectMetadata } from '../headers/index.js';
import { conditionalStatus, wantedRanges } from '../reading/index.js';
import { decodedPath, quoted, saysYes, type ObjectRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { ObjectReader } from './object-reader.js';
import { PutFeatures } from './put-features.js';
import { ObjectWriter, preconditionOf } from './object-writer.js';
import { WriteLimits } from './write-limits.js';

/**
 * Copies on the server: COPY with Destination, and PUT with X-Copy-From. The source is read and the target written under the same
 * caller's access. A plain object's bytes are shared; of a manifest or a range the bytes are written anew.
 */
@Injectable()
export class ObjectCopies {
  constructor(
    private readonly objects: Objects,
    private readonly reader: ObjectReader,
    private readonly writer: ObjectWriter,
    private readonly features: PutFeatures,
    private readonly limits: WriteLimits,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  async copyTo(request: ObjectRequest): Promise<FrontReply> {
    const destination = request.headers['destination'];
    if (destination === undefined || destination === '') throw preconditionFailed('Destination header required');
    const account = accountIn(request.headers['destination-account']) ?? request.target.account;
    const target = { account, ...named('Destination', destination) };
    return this.copy({ ...request, method: 'GET' }, { ...request, method: 'PUT', target });
  }

  async putFrom(request: ObjectRequest): Promise<FrontReply> {
    if (Number(request.headers['content-length'] ?? 0) > 0) throw badRequest('Copy requests require a zero byte body');
    const account = accountIn(request.headers['x-copy-from-account']) ?? request.target.account;
    const target = { account, ...named('X-Copy-From', request.headers['x-copy-from'] as string) };
    return this.copy({ ...request, method: 'GET', target }, request);
  }

  private async copy(from: ObjectRequest, to: ObjectRequest): Promise<FrontReply> {
    const source = await this.reader.contentOf(from);
    requireConditions(from, source);
    const range = rangeOf(from, source);
    const container = await this.writer.containerFor(to);
    this.writer.requireName(to);
    const bytes = range === undefined ? source.sizeBytes : range.last - range.first + 1;
    if (bytes > this.settings.limits.maxFileSize) throw new SwiftFault(413);
    await this.limits.require(to, container, bytes);
    const plan = await this.features.plans.ofCopy(to, container, source);
    const put = this.put(to, source, plan);
    await this.features.histories.beforePut(to, container);
    const { object } = await this.write(to, container, { source, range, put, plan });
    const expiry = object.expiresAt === undefined ? {} : { 'x-delete-at': String(object.expiresAt) };
    return this.writer.created(container, object, { ...copiedHeaders(from, source), ...userHeaders(object.metadata), ...expiry, ...plan.replyHeaders });
  }

  private async write(
    to: ObjectRequest, container: Container, { source, range, put, plan }: { source: Content; range: ByteRange | undefined; put: CopiedPut; plan: PutPlan },
  ): Promise<PutAnswer> {
    const { signal } = to.front;
    const { maxFileSize: maxBytes } = this.settings.limits;
    if (plan.bytes === undefined && source.isPlain && range === undefined) return this.objects.copy(source.object, container, put);
    const bytes = plan.bytes ?? await source.open(range, signal);
    return this.objects.withStaged(container, bytes, { maxBytes, signal }, (staged) => this.objects.commit(container, { ...put, staged }));
  }

  /** The copy has the source's headers, changed by the request's; with X-Fresh-Metadata only the latter. */
  private put(to: ObjectRequest, source: Content, plan: PutPlan): CopiedPut {
    const { headers, target, startedAt } = to;
    const isFresh = saysYes(headers['x-fresh-metadata']);
    const inherited = isFresh ? {} : Object.fromEntries(Object.entries(source.object.metadata).filter(([name]) => isObjectHeader(name)));
    const expiresAt = expiryOf(headers, startedAt) ?? (isFresh ? undefined : source.object.expiresAt);
    return {
      name: target.object,
      contentType: plan.contentType ?? (headers['content-type'] || source.contentType),
      metadata: { ...inherited, ...objectMetadata(headers, this.settings.limits), ...plan.metadata },
      settings: plan.settings ?? {},
      require: preconditionOf({ ...to, headers: {} }),
      ...(plan.etag !== undefined && { etag: plan.etag }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
  }
}

/** `container/object`, percent-encoded, with or without a slash before it. Throws 412. */
function named(header: string, value: string): { container: string; object: string } {
  const [, container, object] = /^\/?([^/]+)\/([^]+)$/.exec(decodedPath(value)) ?? [];
  if (container === undefined || object === undefined) throw preconditionFailed(`${header} header must be of the form <container name>/<object name>`);
  return { container, object };
}

function accountIn(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const account = decodedPath(value);
  if (account === '') throw preconditionFailed('Account name cannot be empty');
  if (account.includes('/')) throw preconditionFailed('Account name cannot contain slashes');
  return account;
}

/** The request's conditions are those of reading the source. */
function requireConditions({ headers }: ObjectRequest, source: Content): void {
  const status = conditionalStatus(headers, { etag: source.etag, modifiedAt: source.object.modifiedAt });
  if (status !== undefined) throw new SwiftFault(status);
}

function rangeOf({ headers }: ObjectRequest, source: Content): ByteRange | undefined {
  const wanted = wantedRanges(headers['range'], source.sizeBytes);
  if (wanted === 'all') return undefined;
  if (wanted === 'unsatisfiable') throw new SwiftFault(416);
  if (wanted.length > 1) throw badRequest('A copy takes one range.');
  return wanted[0];
}

function copiedHeaders({ target }: ObjectRequest, source: Content): Record<string, string> {
  return {
    'x-copied-from': quoted(`${target.container}/${target.object}`),
    'x-copied-from-account': quoted(target.account),
    'x-copied-from-last-modified': httpDate(source.object.modifiedAt),
  };
}

function userHeaders(metadata: Metadata): Metadata {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => name.startsWith('x-object-meta-')));
}

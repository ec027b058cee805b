import { Inject, Injectable } from '@nestjs/common';
import { AccountNotEmpty, Accounts } from '../../accounts/index.js';
import { Containers } from '../../containers/index.js';
import type { FrontReply } from '../../front/index.js';
import { isSubdir } from '../../listing/index.js';
import { changedMetadata, type MetadataChange } from '../../metadata/index.js';
import { ACCOUNT_ACL_HEADER, cleanAccountAcl, type Standing } from '../access/index.js';
import { Cors } from '../cors/index.js';
import { badRequest, methodNotAllowed, notFound, SwiftFault } from '../faults/index.js';
import { forStanding, listingTime, metadataChange, requireLimits, systemChange } from '../headers/index.js';
import { accountListing, listingHead, listingReply, listingType, listRequest } from '../listings/index.js';
import { methodsOf } from '../operations.js';
import { UploadQuotas } from '../quotas/index.js';
import type { SwiftRequest } from '../request/index.js';
import { SWIFT_SETTINGS, type SwiftSettings } from '../settings.js';
import { cleanFlag } from '../reading/index.js';
import { AccountFacts } from './account-facts.js';

/** What may be done to an account. It comes into being with its first container or header; until then it is shown empty. */
@Injectable()
export class AccountVerbs {
  constructor(
    private readonly accounts: Accounts,
    private readonly containers: Containers,
    private readonly facts: AccountFacts,
    private readonly quotas: UploadQuotas,
    private readonly cors: Cors,
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
  ) {}

  async answer(request: SwiftRequest): Promise<FrontReply> {
    const methods = this.methods();
    if (!methods.includes(request.method)) throw methodNotAllowed(methods);
    if (request.method === 'OPTIONS') return this.cors.preflight(request, methods);
    const standing = await request.access.require({ method: request.method, account: request.target.account });
    this.requireName(request.target.account);
    switch (request.method) {
      case 'PUT': return this.put(request, standing);
      case 'POST': return this.post(request, standing);
      case 'DELETE': return this.remove(request);
      default: return this.show(request, standing);
    }
  }

  private methods(): string[] {
    const methods = methodsOf('account');
    return this.settings.isAccountManagementOpen ? methods : methods.filter((method) => method !== 'PUT' && method !== 'DELETE');
  }

  private requireName(account: string): void {
    const most = this.settings.limits.maxAccountNameLength;
    const length = Buffer.byteLength(account);
    if (length > most) throw new SwiftFault(400, `Account name length of ${length} longer than ${most}`, { contentType: 'text/html; charset=UTF-8' });
  }

  private async show(request: SwiftRequest, standing: Standing): Promise<FrontReply> {
    const { account } = request.target;
    const type = listingType(request.query.get('format'), request.headers['accept']);
    const canVary = !request.query.has('format');
    const query = listRequest(request.query, request.front.rawQuery, this.settings.limits.accountListingLimit);
    const headers = await this.facts.of(account, standing);
    if (request.method === 'HEAD') return listingHead(type, headers, canVary);
    const page = query.limit === 0 ? [] : await this.containers.page(account, query);
    const entries = page.map((entry) => (isSubdir(entry) ? entry : {
      name: entry.name, count: entry.objectCount, bytes: entry.bytesUsed, last_modified: listingTime(entry.changedAt), storage_policy: entry.storagePolicy,
    }));
    return listingReply(type, accountListing(type, account, entries), headers, canVary);
  }

  private async put(request: SwiftRequest, standing: Standing): Promise<FrontReply> {
    const { account } = request.target;
    const change = this.change(request, standing);
    const isNew = await this.accounts.find(account) === undefined;
    await this.apply(account, change);
    return { status: isNew ? 201 : 202, headers: { 'content-type': 'text/html; charset=UTF-8', 'content-length': '0' } };
  }

  private async post(request: SwiftRequest, standing: Standing): Promise<FrontReply> {
    await this.apply(request.target.account, this.change(request, standing));
    return { status: 204, headers: { 'content-type': 'text/html; charset=UTF-8' } };
  }

  private async apply(account: string, change: MetadataChange): Promise<void> {
    const { metadata } = await this.accounts.ensure(account);
    requireLimits('x-account-meta-', changedMetadata(metadata, change), this.settings.limits);
    if (Object.keys(change).length > 0) await this.accounts.change(account, change);
    this.facts.changed(account);
  }

  private change({ headers }: SwiftRequest, standing: Standing): MetadataChange {
    return forStanding({
      ...metadataChange('account', headers, this.settings.limits),
      ...systemChange(ACCOUNT_ACL_HEADER, headers, cleanAccountAcl),
      ...systemChange('x-account-rfc-compliant-etags', headers, cleanFlag),
      ...this.quotas.quotaChange(headers, standing),
    }, standing);
  }

  /** A query string is refused: it was meant for something harmless, a bulk deletion for example. */
  private async remove(request: SwiftRequest): Promise<FrontReply> {
    if (request.front.rawQuery !== '') throw badRequest();
    const { account } = request.target;
    if (await this.accounts.find(account) === undefined) throw notFound();
    try {
      await this.accounts.remove(account);
    } catch (error) {
      if (error instanceof AccountNotEmpty) throw new SwiftFault(409);
      throw error;
    }
    return { status: 204, headers: { 'content-type': 'text/html; charset=UTF-8' } };
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { Directory } from '@virga/identity-client';
import type { Caller } from '@virga/kernel';
import { Accounts } from '../../accounts/index.js';
import { SwiftFault } from '../faults/index.js';
import { quoted } from '../request/index.js';
import { SWIFT_SETTINGS, type AccountRules, type SwiftSettings } from '../settings.js';
import type { Access, Deed, Standing } from './access.js';
import { ACCOUNT_ACL_HEADER, levelOf, type AccountAclLevel } from './account-acl.js';
import { allowsReferrer, LISTINGS, parseContainerAcl, type ContainerAcl } from './container-acl.js';

const NOBODY: Standing = { isOwner: false, isReseller: false };
const OWNER: Standing = { isOwner: true, isReseller: false };
const RESELLER: Standing = { isOwner: true, isReseller: true };

/**
 * Who may do what, as Swift's keystoneauth decides it: the reseller everything; system readers read; then the container's ACL
 * (referrers, `project:user`); then the roles in the account's own project; last roles that the container's ACL names, and the
 * account's own ACL, which may let in callers of other projects.
 */
@Injectable()
export class AccessControl {
  constructor(
    @Inject(SWIFT_SETTINGS) private readonly settings: SwiftSettings,
    private readonly accounts: Accounts,
    private readonly directory: Directory,
  ) {}

  /** The access of a caller, or of an anonymous request; `referer` is what the request's header says. */
  of(caller: Caller | undefined, referer: string | undefined): Access {
    return { caller, require: (deed) => this.require(caller, referer, deed) };
  }

  private async require(caller: Caller | undefined, referer: string | undefined, deed: Deed): Promise<Standing> {
    const acl = aclFor(deed);
    if (caller === undefined) {
      if (readsByReferrer(acl, referer, deed) === true) return NOBODY;
      throw new SwiftFault(401, undefined, { headers: { 'www-authenticate': `Swift realm="${quoted(deed.account)}"` } });
    }
    const standing = this.byOffice(caller, deed) ?? await this.byAcl(caller, referer, deed, acl);
    if (standing === undefined) throw new SwiftFault(403);
    return standing;
  }

  private byOffice(caller: Caller, deed: Deed): Standing | undefined {
    if (caller.roles.has(this.settings.resellerAdminRole)) return RESELLER;
    return isReading(deed) && this.settings.systemReaderRoles.some((role) => caller.roles.has(role)) ? NOBODY : undefined;
  }

  private async byAcl(caller: Caller, referer: string | undefined, deed: Deed, acl: ContainerAcl): Promise<Standing | undefined> {
    // Nobody deletes the own account: only a reseller does.
    if (deed.containerName === undefined && deed.method === 'DELETE') return undefined;
    const own = this.ownRules(caller, deed);
    const standing = own && this.byRole(caller, own, deed);
    if (standing !== undefined) return standing;
    if (await this.isNamed(caller, deed, acl, own !== undefined)) return NOBODY;
    const byReferrer = readsByReferrer(acl, referer, deed);
    if (byReferrer === true || (byReferrer === undefined && own !== undefined && namesRole(acl, caller))) return NOBODY;
    return this.byAccountAcl(caller, deed);
  }

  /** The rules of the account where it is the caller's project's. */
  private ownRules(caller: Caller, { account }: Deed): AccountRules | undefined {
    const rules = this.rulesOf(account);
    return rules !== undefined && caller.projectId !== undefined && account === rules.prefix + caller.projectId ? rules : undefined;
  }

  private byRole(caller: Caller, rules: AccountRules, deed: Deed): Standing | undefined {
    const isServed = rules.serviceRoles.length === 0 || rules.serviceRoles.some((role) => caller.service?.roles.has(role) === true);
    if (isServed && rules.operatorRoles.some((role) => caller.roles.has(role))) return OWNER;
    return isReading(deed) && rules.readerRoles.some((role) => caller.roles.has(role)) ? NOBODY : undefined;
  }

  private async isNamed(caller: Caller, deed: Deed, acl: ContainerAcl, isOwn: boolean): Promise<boolean> {
    if (acl.groups.size === 0) return false;
    const project = caller.scope.kind === 'project' ? caller.scope : undefined;
    if (namesAny(acl, [project?.projectId, '*'], [caller.userId, '*'])) return true;
    const byName = namesAny(acl, [project?.projectId, project?.projectName, '*'], [caller.userId, caller.userName, '*']);
    return byName && this.isInDefaultDomain(caller, deed, isOwn);
  }

  /** Names are unique only in their domain, so they count where user, project and account are all of the default domain. */
  private async isInDefaultDomain(caller: Caller, deed: Deed, isOwn: boolean): Promise<boolean> {
    const { defaultDomainId } = this.settings;
    if (caller.userDomainId !== defaultDomainId) return false;
    if (caller.scope.kind === 'project' && caller.scope.projectDomainId !== defaultDomainId) return false;
    if (isOwn) return true;
    const projectId = this.projectIdOf(deed.account);
    const project = projectId === undefined ? undefined : (await this.directory.projects([projectId])).get(projectId);
    return project?.domainId === defaultDomainId;
  }

  private async byAccountAcl(caller: Caller, deed: Deed): Promise<Standing | undefined> {
    const account = await this.accounts.find(deed.account);
    const acl = account?.metadata[ACCOUNT_ACL_HEADER];
    const level = levelOf(acl, await this.namesOf(caller, deed));
    return level === undefined ? undefined : standingAt(level, deed);
  }

  /** The words by which an account's ACL may mean the caller. */
  private async namesOf(caller: Caller, deed: Deed): Promise<ReadonlySet<string>> {
    const project = caller.scope.kind === 'project' ? caller.scope : undefined;
    const ids = project === undefined ? [caller.userId] : [caller.userId, project.projectId, `${project.projectId}:${caller.userId}`, `${project.projectId}:*`, `*:${caller.userId}`];
    if (!await this.isInDefaultDomain(caller, deed, false)) return new Set(ids);
    return new Set(project === undefined ? [...ids, caller.userName] : [...ids, caller.userName, project.projectName, `${project.projectName}:${caller.userName}`, `${project.projectName}:*`, `*:${caller.userName}`]);
  }

  private rulesOf(account: string): AccountRules | undefined {
    return this.settings.accountRules.find(({ prefix }) => account.startsWith(prefix));
  }

  private projectIdOf(account: string): string | undefined {
    const rules = this.rulesOf(account);
    return rules === undefined ? undefined : account.slice(rules.prefix.length);
  }
}

function isReading({ method }: Deed): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** The ACL that decides over a deed; containers themselves are changed by owners only. */
function aclFor(deed: Deed): ContainerAcl {
  const metadata = deed.container?.metadata;
  if (isReading(deed)) return parseContainerAcl(metadata?.['x-container-read']);
  return parseContainerAcl(deed.object === undefined ? undefined : metadata?.['x-container-write']);
}

/** True and false are final; undefined says that the referrer means nothing here. */
function readsByReferrer(acl: ContainerAcl, referer: string | undefined, deed: Deed): boolean | undefined {
  if (!allowsReferrer(acl.referrers, referer)) return undefined;
  return deed.object !== undefined || acl.groups.has(LISTINGS);
}

function namesAny(acl: ContainerAcl, projects: readonly (string | undefined)[], users: readonly string[]): boolean {
  return projects.some((project) => project !== undefined && users.some((user) => acl.groups.has(`${project}:${user}`)));
}

function namesRole(acl: ContainerAcl, caller: Caller): boolean {
  return [...acl.groups].some((group) => caller.roles.has(group.toLowerCase()));
}

function standingAt(level: AccountAclLevel, deed: Deed): Standing | undefined {
  if (level === 'admin') return OWNER;
  if (isReading(deed)) return NOBODY;
  return level === 'read-write' && deed.containerName !== undefined ? NOBODY : undefined;
}

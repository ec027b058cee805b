import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import { createUser, deleteUser, listUserProjects, listUsers, showUser, updateUser } from '@virga/contracts-identity';
import { Invalid, newHexId, type Caller } from '@virga/kernel';
import { Database, fragment, type Fragment, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { booleanFilter, changedOptions, Missing, pageOf, requireUnchanged, textFilters, textOf, type Attributes, type Listed, type Query } from '../listing/index.js';
import { PasswordHasher, PasswordsRepository } from '../passwords/index.js';
import { domainOf, ProjectsService, type Project } from '../projects/index.js';
import { Refused, type User } from './user.js';
import { passwordExpiry, UsersRepository } from './users.repository.js';
import { userChange } from './users.views.js';

/** The attributes that the rules of users mention. */
export function userTarget(user: Pick<User, 'id' | 'domainId'> | undefined) {
  return user === undefined ? {} : { user_id: user.id, target: { user: { id: user.id, domain_id: user.domainId } } };
}

@Injectable()
export class UsersService {
  constructor(
    private readonly db: Database, private readonly users: UsersRepository, private readonly passwords: PasswordsRepository,
    private readonly hasher: PasswordHasher, private readonly projects: ProjectsService, private readonly policy: Policy,
  ) {}

  async create(caller: Caller, body: Attributes): Promise<User> {
    const domainId = (body['domain_id'] as string | null | undefined) ?? domainOf(caller);
    this.policy.require(caller, createUser.policy, { target: { user: { domain_id: domainId } } });
    if (domainId === undefined) throw new Invalid('identity.user.domain', 'Name the domain of the user: the token belongs to none.');
    const change = userChange(body);
    const user: User = {
      id: newHexId(), domainId, name: '', isEnabled: true, description: null, email: null, defaultProjectId: null, extra: {}, passwordExpiresAt: undefined,
      ...change, options: changedOptions({}, change.options),
    };
    const hash = await this.hashed(body['password']);
    await this.projects.requireNoDomain(user.defaultProjectId);
    await this.db.transaction(async (tx) => {
      await this.users.insert(tx, user);
      if (typeof hash === 'string') await this.passwords.set(tx, user.id, hash);
    });
    return user;
  }

  async list(caller: Caller, query: Query): Promise<Listed<User>> {
    const own = caller.scope.kind === 'domain' ? caller.scope.domainId : undefined;
    this.policy.require(caller, listUsers.policy, { target: { domain_id: own ?? textOf(query, 'domain_id') } });
    return this.users.page(this.db, [...(own === undefined ? [] : [fragment`u.domain_id = ${own}`]), ...userFilters(query)], pageOf(query));
  }

  get(caller: Caller, id: string): Promise<User> {
    return this.require(caller, showUser.policy, id);
  }

  /** The projects that a user has a role on. */
  async projectsOf(caller: Caller, id: string, query: Query): Promise<Listed<Project>> {
    await this.require(caller, listUserProjects.policy, id);
    return this.projects.accessible(id, 'projects', query);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<User> {
    await this.require(caller, updateUser.policy, id);
    const hash = await this.hashed(body['password']);
    await this.projects.requireNoDomain(body['default_project_id'] as string | null | undefined);
    return this.db.transaction(async (tx) => {
      const seen = await this.users.lock(tx, id) ?? missing(id);
      requireUnchanged(body['domain_id'] ?? undefined, seen.domainId, 'domain_id');
      await this.setPassword(tx, id, hash);
      const change = userChange(body);
      const merged = { ...change, extra: { ...seen.extra, ...change.extra }, options: changedOptions(seen.options, change.options) };
      return this.users.update(tx, seen, merged, hash !== undefined);
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.require(caller, deleteUser.policy, id);
    if (!await this.db.transaction((tx) => this.users.delete(tx, id))) missing(id);
  }

  /** Changes one's own password by proving the old one; ends all tokens of the user. Fails alike for whatever reason. */
  async changePassword(id: string, original: string, password: string): Promise<void> {
    const stored = await this.passwords.find(this.db, id);
    const isRight = await this.hasher.verify(stored?.hash, original);
    const user = await this.users.find(this.db, id);
    if (!isRight || user === undefined || !user.isEnabled) throw new Refused();
    if (user.options['lock_password'] === true) throw new Invalid('identity.user.password-locked', 'The password of this user is changed by administrators only.');
    const hash = await this.hasher.hash(password);
    await this.db.transaction(async (tx) => {
      const seen = await this.users.lock(tx, id);
      // Somebody may have changed it since it was proved.
      if (seen === undefined || (await this.passwords.find(tx, id))?.hash !== stored?.hash) throw new Refused();
      await this.passwords.set(tx, id, hash);
      await this.users.update(tx, seen, {}, true);
    });
  }

  private async setPassword(tx: Tx, id: string, hash: string | null | undefined): Promise<void> {
    if (hash === null) await this.passwords.remove(tx, id);
    if (typeof hash === 'string') await this.passwords.set(tx, id, hash);
  }

  /** The hash of a given password, null where it is to be removed, undefined where it stays. */
  private async hashed(password: unknown): Promise<string | null | undefined> {
    return typeof password === 'string' ? this.hasher.hash(password) : password as null | undefined;
  }

  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<User> {
    const user = await this.users.find(this.db, id);
    this.policy.require(caller, rule, userTarget(user));
    return user ?? missing(id);
  }
}

function missing(id: string): never {
  throw new Missing('user', id);
}

/** The filters of lists of users. */
export function userFilters(query: Query): Fragment[] {
  const expiry = textOf(query, 'password_expires_at');
  return [
    ...textFilters(query, { name: 'u.name', domain_id: 'u.domain_id', id: 'u.id', email: 'u.email', description: 'u.description', default_project_id: 'u.default_project_id' }),
    ...booleanFilter(query, 'enabled', 'u.enabled'),
    ...(expiry === undefined ? [] : [passwordExpiry(expiry)]),
  ];
}

import { Injectable } from '@nestjs/common';
import type { PolicyRule } from '@virga/contract';
import {
  addProjectTag, checkProjectTag, createProject, deleteProject, deleteProjectTag, deleteProjectTags, listProjects, listProjectTags,
  replaceProjectTags, showProject, updateProject,
} from '@virga/contracts-identity';
import { Forbidden, Invalid, newHexId, NotFound, type Caller } from '@virga/kernel';
import { Database, fragment, type Fragment, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { booleanFilter, changedOptions, Immutable, isFlagged, Missing, pageOf, requireUnchanged, textFilters, textOf, Unknown, type Attributes, type Listed, type Query } from '../listing/index.js';
import { isImmutable, MAX_DEPTH, newDomain, onlyLiftsImmutability, ParentDisabled, SubtreeInTheWay, type Project, type ProjectChange } from './project.js';
import { accessibleTo, ProjectsRepository, tagFilters } from './projects.repository.js';
import { projectChange } from './projects.views.js';

/** The attributes that the rules of projects mention. */
export function projectTarget(project: Pick<Project, 'id' | 'domainId'> | undefined) {
  return project === undefined ? {} : { target: { project: { id: project.id, domain_id: project.domainId ?? 'None' } } };
}

/** The domain that a caller's token belongs to, for requests that name none. */
export function domainOf(caller: Caller): string | undefined {
  if (caller.scope.kind === 'domain') return caller.scope.domainId;
  return caller.scope.kind === 'project' ? caller.scope.projectDomainId : undefined;
}

const TAG = /^[^,/]{1,255}$/;
const MOST_TAGS = 80;

@Injectable()
export class ProjectsService {
  constructor(private readonly db: Database, private readonly projects: ProjectsRepository, private readonly policy: Policy) {}

  async create(caller: Caller, body: Attributes): Promise<Project> {
    if (body['is_domain'] === true) return this.createDomain(caller, body);
    const domainId = await this.domainFor(caller, body);
    this.policy.require(caller, createProject.policy, { target: { project: { domain_id: domainId ?? 'None' } } });
    if (domainId === undefined) throw new Invalid('identity.project.domain', 'Name the domain of the project: the token belongs to none.');
    return this.db.transaction(async (tx) => {
      const parent = await this.parentOf(tx, (body['parent_id'] as string | null | undefined) ?? domainId, domainId);
      const change = projectChange(body);
      const project: Project = {
        id: newHexId(), name: '', isDomain: false, domainId, parentId: parent.id, ancestors: [...parent.ancestors, parent.id],
        isEnabled: true, description: '', tags: [], extra: {}, ...change, options: changedOptions({}, change.options),
      };
      await this.projects.insert(tx, project);
      return project;
    });
  }

  /** A domain by its other name, a project with `is_domain`; it has neither parent nor domain. */
  private async createDomain(caller: Caller, body: Attributes): Promise<Project> {
    this.policy.require(caller, createProject.policy, { target: { project: { domain_id: 'None' } } });
    if (typeof body['domain_id'] === 'string' || typeof body['parent_id'] === 'string') {
      throw new Invalid('identity.project.is-domain', 'A project that is a domain has neither a parent nor a domain.');
    }
    const domain = newDomain(newHexId(), projectChange(body));
    await this.db.transaction((tx) => this.projects.insert(tx, domain));
    return domain;
  }

  async list(caller: Caller, query: Query): Promise<Listed<Project>> {
    const ownDomain = caller.scope.kind === 'domain' ? caller.scope.domainId : undefined;
    this.policy.require(caller, listProjects.policy, { target: { domain_id: ownDomain ?? textOf(query, 'domain_id') } });
    const isDomain = isFlagged(query, 'is_domain');
    return this.projects.page(this.db, [
      fragment`p.is_domain = ${isDomain}`,
      ...(ownDomain === undefined ? [] : [fragment`p.domain_id = ${ownDomain}`]),
      ...projectFilters(query),
    ], pageOf(query));
  }

  /** The projects, or the domains, that somebody has a role on; the caller of this has checked that it may be told. */
  accessible(userId: string, kind: 'projects' | 'domains', query: Query = {}): Promise<Listed<Project>> {
    const isDomain = kind === 'domains';
    return this.projects.page(this.db, [fragment`p.is_domain = ${isDomain}`, accessibleTo(userId), ...projectFilters(query)], pageOf(query));
  }

  async get(caller: Caller, id: string): Promise<Project> {
    return this.require(caller, showProject.policy, id);
  }

  /** The parents or the projects below that the caller has a role on, as Keystone shows them. */
  async relatives(caller: Caller, project: Project, which: 'parents' | 'subtree'): Promise<Project[]> {
    const related = which === 'parents' ? await this.projects.byIds(this.db, project.ancestors) : await this.projects.descendants(this.db, project.id);
    const accessible = await this.projects.page(this.db, [fragment`p.id = ANY (${related.map(({ id }) => id)})`, accessibleTo(caller.userId)], pageOf({}));
    const ids = new Set(accessible.entries.map(({ id }) => id));
    return related.filter(({ id }) => ids.has(id));
  }

  /** Throws `Invalid` where a default project is a domain; one that does not exist may come to be. */
  async requireNoDomain(id: string | null | undefined): Promise<void> {
    const project = typeof id === 'string' ? await this.projects.find(this.db, id) : undefined;
    if (project?.isDomain === true) throw new Invalid('identity.user.default-project', 'A domain cannot be a default project.');
  }

  /** Everything below a project that the caller was allowed to see. */
  subtree(id: string): Promise<Project[]> {
    return this.projects.descendants(this.db, id);
  }

  async update(caller: Caller, id: string, body: Attributes): Promise<Project> {
    await this.require(caller, updateProject.policy, id);
    return this.db.transaction(async (tx) => {
      const seen = await this.projects.lock(tx, id) ?? missing(id);
      requireUnchanged(body['domain_id'], seen.domainId, 'domain_id');
      requireUnchanged(body['is_domain'], seen.isDomain, 'is_domain');
      if (body['parent_id'] !== undefined && body['parent_id'] !== seen.parentId) throw new Forbidden('identity.project.move', 'A project cannot be moved.');
      return this.apply(tx, seen, projectChange(body));
    });
  }

  /** Applies a change to a locked project or domain, where nothing forbids it. */
  async apply(tx: Tx, seen: Project, change: ProjectChange): Promise<Project> {
    if (isImmutable(seen) && !onlyLiftsImmutability(change.options)) throw new Immutable(seen.isDomain ? 'domain' : 'project', seen.id);
    if (seen.isEnabled && change.isEnabled === false && !seen.isDomain && await this.projects.hasDescendants(tx, seen.id, 'enabled')) {
      throw new SubtreeInTheWay(seen.id, 'enabled');
    }
    if (!seen.isEnabled && change.isEnabled === true) await this.requireEnabled(tx, seen.ancestors);
    return this.projects.update(tx, seen, {
      ...change, extra: { ...seen.extra, ...change.extra }, options: changedOptions(seen.options, change.options),
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.require(caller, deleteProject.policy, id);
    await this.db.transaction(async (tx) => {
      const seen = await this.projects.lock(tx, id) ?? missing(id);
      if (seen.isDomain) throw new Forbidden('identity.project.is-domain', 'Delete domains with DELETE /v3/domains.');
      if (isImmutable(seen)) throw new Immutable('project', id);
      if (await this.projects.hasDescendants(tx, id, 'any')) throw new SubtreeInTheWay(id, 'existing');
      await this.projects.delete(tx, id);
    });
  }

  async tags(caller: Caller, id: string): Promise<readonly string[]> {
    return (await this.require(caller, listProjectTags.policy, id)).tags;
  }

  async requireTag(caller: Caller, id: string, tag: string): Promise<void> {
    const { tags } = await this.require(caller, checkProjectTag.policy, id);
    if (!tags.includes(tag)) throw new NotFound('identity.project.tag.not-found', `The project has no tag '${tag}'.`);
  }

  replaceTags(caller: Caller, id: string, tags: readonly string[]): Promise<readonly string[]> {
    return this.changeTags(caller, id, replaceProjectTags.policy, () => tags);
  }

  async deleteTags(caller: Caller, id: string): Promise<void> {
    await this.changeTags(caller, id, deleteProjectTags.policy, () => []);
  }

  async addTag(caller: Caller, id: string, tag: string): Promise<void> {
    if (!TAG.test(tag)) throw new Invalid('identity.project.tag.invalid', 'A tag is 1 to 255 characters without comma and slash.');
    await this.changeTags(caller, id, addProjectTag.policy, (tags) => {
      // Keystone's answer: tags are a set, and this one is in it.
      if (tags.includes(tag)) throw new Invalid('identity.project.tag.exists', `The project has the tag '${tag}' already.`);
      return [...tags, tag];
    });
  }

  async deleteTag(caller: Caller, id: string, tag: string): Promise<void> {
    await this.changeTags(caller, id, deleteProjectTag.policy, (tags) => {
      if (!tags.includes(tag)) throw new NotFound('identity.project.tag.not-found', `The project has no tag '${tag}'.`);
      return tags.filter((one) => one !== tag);
    });
  }

  private async changeTags(caller: Caller, id: string, rule: PolicyRule, change: (tags: readonly string[]) => readonly string[]): Promise<readonly string[]> {
    await this.require(caller, rule, id);
    return this.db.transaction(async (tx) => {
      const seen = await this.projects.lock(tx, id) ?? missing(id);
      const tags = change(seen.tags);
      if (tags.length > MOST_TAGS) throw new Invalid('identity.project.tags', `A project has at most ${MOST_TAGS} tags.`);
      await this.projects.update(tx, seen, { tags });
      return tags;
    });
  }

  private async require(caller: Caller, rule: PolicyRule, id: string): Promise<Project> {
    const project = await this.projects.find(this.db, id);
    this.policy.require(caller, rule, projectTarget(project));
    return project ?? missing(id);
  }

  /** Named by the request, else its parent's, else the token's. */
  private async domainFor(caller: Caller, body: Attributes): Promise<string | undefined> {
    const [named, parentId] = [body['domain_id'], body['parent_id']] as [string | null | undefined, string | null | undefined];
    if (typeof named === 'string') return named;
    if (typeof parentId !== 'string') return domainOf(caller);
    const parent = await this.projects.find(this.db, parentId);
    return parent === undefined ? domainOf(caller) : parent.domainId ?? parent.id;
  }

  private async parentOf(tx: Tx, parentId: string, domainId: string): Promise<Project> {
    const parent = await this.projects.lock(tx, parentId);
    if (parent === undefined) throw new Unknown(parentId === domainId ? 'domain' : 'project', parentId);
    if ((parent.domainId ?? parent.id) !== domainId) throw new Invalid('identity.project.parent-domain', 'A project is in the domain of its parent.');
    if (!parent.isEnabled) throw new ParentDisabled(parent.id);
    if (parent.ancestors.length >= MAX_DEPTH) throw new Forbidden('identity.project.depth', `Projects nest at most ${MAX_DEPTH} levels deep.`);
    await this.requireEnabled(tx, parent.ancestors);
    return parent;
  }

  private async requireEnabled(tx: Tx, ids: readonly string[]): Promise<void> {
    const disabled = (await this.projects.byIds(tx, ids)).find(({ isEnabled }) => !isEnabled);
    if (disabled !== undefined) throw new ParentDisabled(disabled.id);
  }
}

function missing(id: string): never {
  throw new Missing('project', id);
}

function projectFilters(query: Query): Fragment[] {
  const tags = (name: string): string[] | undefined => textOf(query, name)?.split(',');
  const sets = { all: tags('tags'), any: tags('tags-any'), notAll: tags('not-tags'), notAny: tags('not-tags-any') };
  return [
    ...textFilters(query, { name: 'p.name', domain_id: 'p.domain_id', parent_id: 'p.parent_id', description: 'p.description', id: 'p.id' }),
    ...booleanFilter(query, 'enabled', 'p.enabled'),
    ...tagFilters(Object.fromEntries(Object.entries(sets).filter(([, value]) => value !== undefined))),
  ];
}

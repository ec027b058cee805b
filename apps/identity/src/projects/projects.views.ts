import type { RequestFacts } from '@virga/contract';
import { extraOf, linkTo, listFrame, type Attributes, type Listed } from '../listing/index.js';
import type { Project, ProjectChange } from './project.js';

const KNOWN = ['name', 'description', 'enabled', 'tags', 'options', 'domain_id', 'parent_id', 'is_domain', 'explicit_domain_id'];

export function projectView(project: Project, request: RequestFacts) {
  return {
    ...project.extra,
    id: project.id, name: project.name, domain_id: project.domainId, parent_id: project.parentId, is_domain: project.isDomain,
    description: project.description, enabled: project.isEnabled, tags: [...project.tags], options: project.options,
    links: { self: linkTo(request, `projects/${project.id}`) },
  };
}

export function domainView(domain: Project, request: RequestFacts) {
  return {
    ...domain.extra,
    id: domain.id, name: domain.name, description: domain.description, enabled: domain.isEnabled, tags: [...domain.tags], options: domain.options,
    links: { self: linkTo(request, `domains/${domain.id}`) },
  };
}

export function projectList(projects: Listed<Project>, request: RequestFacts) {
  return { projects: projects.entries.map((project) => projectView(project, request)), ...listFrame(request, projects) };
}

export function domainList(domains: Listed<Project>, request: RequestFacts) {
  return { domains: domains.entries.map((domain) => domainView(domain, request)), ...listFrame(request, domains) };
}

/** What a request's body asks to change; names that we do not know are kept as they are. */
export function projectChange(body: Attributes): ProjectChange {
  const extra = extraOf(body, KNOWN);
  return {
    ...(body['name'] !== undefined && { name: (body['name'] as string).trim() }),
    ...(body['description'] !== undefined && { description: (body['description'] as string | null) ?? '' }),
    ...(body['enabled'] !== undefined && { isEnabled: body['enabled'] as boolean }),
    ...(body['tags'] !== undefined && { tags: body['tags'] as string[] }),
    ...(body['options'] !== undefined && { options: body['options'] as Attributes }),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

/** A tree of ids as `parents_as_ids` and `subtree_as_ids` show it; null where there is nothing. */
export interface IdTree { [id: string]: IdTree | null }

/** The chain of parents, nearest first and outermost deepest. */
export function parentsAsIds(ancestors: readonly string[]): IdTree | null {
  return ancestors.reduce<IdTree | null>((inner, id) => ({ [id]: inner }), null);
}

export function subtreeAsIds(rootId: string, descendants: readonly Project[]): IdTree | null {
  const childrenOf = Map.groupBy(descendants, (project) => project.parentId);
  const tree = (id: string): IdTree | null => {
    const children = childrenOf.get(id);
    return children === undefined ? null : Object.fromEntries(children.map((child) => [child.id, tree(child.id)]));
  };
  return tree(rootId);
}

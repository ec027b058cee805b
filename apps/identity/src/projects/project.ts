import { Conflict, Forbidden } from '@virga/kernel';

/** A project, or a domain: a domain is a project that contains others and users. */
export interface Project {
  id: string;
  name: string;
  isDomain: boolean;
  /** Null for a domain. */
  domainId: string | null;
  /** Null for a domain; the domain's id for a project at its top. */
  parentId: string | null;
  /** From the domain down to the parent. */
  ancestors: readonly string[];
  isEnabled: boolean;
  description: string;
  tags: readonly string[];
  options: Readonly<Record<string, unknown>>;
  extra: Readonly<Record<string, unknown>>;
}

/** What a project or domain may become; what is left out stays. */
export interface ProjectChange {
  name?: string;
  description?: string;
  isEnabled?: boolean;
  tags?: readonly string[];
  options?: Readonly<Record<string, unknown>>;
  extra?: Readonly<Record<string, unknown>>;
}

/** How deep projects may nest below their domain (Keystone's `max_project_tree_depth`). */
export const MAX_DEPTH = 5;

/** A domain as it begins, with what its creator wants. */
export function newDomain(id: string, wanted: ProjectChange): Project {
  const options = Object.fromEntries(Object.entries(wanted.options ?? {}).filter(([, value]) => value !== null));
  return {
    id, name: '', isDomain: true, domainId: null, parentId: null, ancestors: [], isEnabled: true, description: '', tags: [], extra: {}, ...wanted, options,
  };
}

export const isImmutable = ({ options }: { options: Readonly<Record<string, unknown>> }): boolean => options['immutable'] === true;

/** Whether a change does no more than make an immutable resource changeable again. */
export function onlyLiftsImmutability(options: Readonly<Record<string, unknown>> | undefined): boolean {
  return options?.['immutable'] === false || options?.['immutable'] === null;
}

export class ProjectExists extends Conflict {
  constructor(name: string) {
    super('identity.project.exists', `There is already a project named '${name}' in this domain.`);
  }
}

export class DomainExists extends Conflict {
  constructor(name: string) {
    super('identity.domain.exists', `There is already a domain with this id or named '${name}'.`);
  }
}

export class SubtreeInTheWay extends Forbidden {
  constructor(id: string, what: 'enabled' | 'existing') {
    super(
      what === 'enabled' ? 'identity.project.subtree' : 'identity.project.children',
      what === 'enabled' ? `Project ${id} cannot be disabled while projects below it are enabled.` : `Project ${id} cannot be deleted while there are projects below it.`,
    );
  }
}

export class ParentDisabled extends Forbidden {
  constructor(parentId: string) {
    super('identity.project.parent', `The project or domain ${parentId} above is disabled.`);
  }
}

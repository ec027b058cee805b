import { endpoint, Nullable, open, T, WireBoolean } from '@virga/contract';
import { Description, enabledFilter, Id, listOf, nameFilter, paging, ResourceOptions, ShortName, shown } from './elements.js';
import { ADMIN, anyScopeRule, readable, SYSTEM_READER } from './rules.js';

export const Project = open({
  ...shown, name: T.String(), domain_id: Nullable(T.String()), parent_id: Nullable(T.String()), description: Nullable(T.String()), enabled: T.Boolean(),
  is_domain: T.Boolean(), tags: T.Array(T.String()), options: T.Any(),
});
const ProjectView = T.Object({ project: Project });
const Tag = T.String({ minLength: 1, maxLength: 255, pattern: '^[^,/]*$' });
const Tags = T.Array(Tag, { maxItems: 80, uniqueItems: true });

const accepted = {
  description: T.Optional(Description), enabled: T.Optional(T.Boolean()), tags: T.Optional(Tags), options: T.Optional(ResourceOptions),
};

const OF_USER = 'project_id:%(target.project.id)s';
const OF_DOMAIN_READER = '(role:reader and domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s)';
const CHANGING = `(${ADMIN}) or (role:manager and domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s)`;

export const createProject = endpoint({
  route: 'POST /projects', isShownAgain: true, summary: 'Create a project',
  body: open({
    project: open({
      name: ShortName, domain_id: T.Optional(Nullable(Id)), parent_id: T.Optional(Nullable(Id)), is_domain: T.Optional(T.Boolean()), ...accepted,
    }),
  }),
  view: ProjectView, replies: 201,
  policy: anyScopeRule('create_project', 'Create a project.', CHANGING),
  fails: ['identity.project.exists', 'identity.project.parent', 'identity.project.depth'], cli: { command: 'project create' },
});

export const listProjects = endpoint({
  route: 'GET /projects', summary: 'List projects',
  query: open({
    ...paging, ...nameFilter, ...enabledFilter, domain_id: T.Optional(T.String()), parent_id: T.Optional(T.String()), is_domain: T.Optional(WireBoolean),
    tags: T.Optional(T.String()), 'tags-any': T.Optional(T.String()), 'not-tags': T.Optional(T.String()), 'not-tags-any': T.Optional(T.String()),
  }),
  view: listOf('projects', Project), replies: 200,
  policy: anyScopeRule('list_projects', 'List projects.', readable('(role:reader and domain_id:%(target.domain_id)s)')),
  cli: { command: 'project list', columns: ['id', 'name'] },
});

export const showProject = endpoint({
  route: 'GET /projects/{project_id}', summary: 'Show a project, on request with its parents or its subtree',
  query: open({
    parents_as_list: T.Optional(T.String()), parents_as_ids: T.Optional(T.String()), subtree_as_list: T.Optional(T.String()), subtree_as_ids: T.Optional(T.String()),
  }),
  view: ProjectView, replies: 200,
  policy: anyScopeRule('get_project', 'Show a project.', readable(`${OF_DOMAIN_READER} or ${OF_USER}`)),
  fails: ['identity.project.not-found'], cli: { command: 'project show' },
});

export const updateProject = endpoint({
  route: 'PATCH /projects/{project_id}', summary: 'Change a project',
  body: open({ project: open({ name: T.Optional(ShortName), domain_id: T.Optional(Nullable(Id)), parent_id: T.Optional(Nullable(Id)), is_domain: T.Optional(T.Boolean()), ...accepted }) }),
  view: ProjectView, replies: 200,
  policy: anyScopeRule('update_project', 'Change a project.', CHANGING),
  fails: ['identity.project.not-found', 'identity.project.exists', 'identity.project.subtree'], cli: { command: 'project set' },
});

export const deleteProject = endpoint({
  route: 'DELETE /projects/{project_id}', summary: 'Delete a project without children', replies: 204,
  policy: anyScopeRule('delete_project', 'Delete a project.', CHANGING), fails: ['identity.project.not-found', 'identity.project.children'], cli: { command: 'project delete' },
});

const TagsView = T.Object({ tags: T.Array(T.String()), links: T.Optional(T.Any()) });
const readsTags = (name: string, describe: string) => anyScopeRule(name, describe, readable(`${OF_DOMAIN_READER} or ${OF_USER}`));

export const listProjectTags = endpoint({
  route: 'GET /projects/{project_id}/tags', summary: "List a project's tags", view: TagsView, replies: 200,
  policy: readsTags('list_project_tags', 'List the tags of a project.'), fails: ['identity.project.not-found'],
});

export const replaceProjectTags = endpoint({
  route: 'PUT /projects/{project_id}/tags', summary: "Replace a project's tags", body: open({ tags: Tags }), view: TagsView, replies: 200,
  policy: anyScopeRule('update_project_tags', 'Replace the tags of a project.', CHANGING), fails: ['identity.project.not-found'],
});

export const deleteProjectTags = endpoint({
  route: 'DELETE /projects/{project_id}/tags', summary: "Remove a project's tags", replies: 204,
  policy: anyScopeRule('delete_project_tags', 'Remove all tags of a project.', CHANGING), fails: ['identity.project.not-found'],
});

export const checkProjectTag = endpoint({
  route: 'GET /projects/{project_id}/tags/{value}', summary: 'Check whether a project has a tag', replies: 204,
  policy: readsTags('get_project_tag', 'Check whether a project has a tag.'), fails: ['identity.project.not-found', 'identity.project.tag.not-found'],
});

export const addProjectTag = endpoint({
  route: 'PUT /projects/{project_id}/tags/{value}', summary: 'Add a tag to a project', replies: 201,
  policy: anyScopeRule('create_project_tag', 'Add a tag to a project.', CHANGING), fails: ['identity.project.not-found', 'identity.project.tag.invalid'],
});

export const deleteProjectTag = endpoint({
  route: 'DELETE /projects/{project_id}/tags/{value}', summary: 'Remove a tag from a project', replies: 204,
  policy: anyScopeRule('delete_project_tag', 'Remove a tag from a project.', CHANGING), fails: ['identity.project.not-found', 'identity.project.tag.not-found'],
});

export const listUserProjects = endpoint({
  route: 'GET /users/{user_id}/projects', summary: 'List the projects that a user has a role on', query: open({ ...paging, ...nameFilter, ...enabledFilter, domain_id: T.Optional(T.String()) }),
  view: listOf('projects', Project), replies: 200,
  policy: anyScopeRule('list_user_projects', 'List the projects of a user.', `(${ADMIN}) or (${SYSTEM_READER}) or (role:reader and domain_id:%(target.user.domain_id)s) or user_id:%(target.user.id)s`),
  fails: ['identity.user.not-found'],
});

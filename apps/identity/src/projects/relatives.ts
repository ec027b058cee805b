import type { RequestFacts } from '@virga/contract';
import { Invalid, type Caller } from '@virga/kernel';
import { isFlagged, type Query } from '../listing/index.js';
import type { Project } from './project.js';
import type { ProjectsService } from './projects.service.js';
import { parentsAsIds, projectView, subtreeAsIds } from './projects.views.js';

/** The `parents` and `subtree` that a request for one project asks for: as a list of what the caller has a role on, or as ids. */
export async function relativesView(projects: ProjectsService, caller: Caller, project: Project, query: Query, request: RequestFacts) {
  for (const which of ['parents', 'subtree'] as const) {
    if (isFlagged(query, `${which}_as_list`) && isFlagged(query, `${which}_as_ids`)) {
      throw new Invalid('identity.project.relatives', `Ask for ${which}_as_list or ${which}_as_ids, not for both.`);
    }
  }
  const asList = async (which: 'parents' | 'subtree') =>
    (await projects.relatives(caller, project, which)).map((relative) => ({ project: projectView(relative, request) }));
  return {
    ...(isFlagged(query, 'parents_as_list') && { parents: await asList('parents') }),
    ...(isFlagged(query, 'parents_as_ids') && { parents: parentsAsIds(project.ancestors) }),
    ...(isFlagged(query, 'subtree_as_list') && { subtree: await asList('subtree') }),
    ...(isFlagged(query, 'subtree_as_ids') && { subtree: subtreeAsIds(project.id, await projects.subtree(project.id)) }),
  };
}

import { Controller } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { linkTo } from '../listing/index.js';
import { ProjectsService } from './projects.service.js';
import { projectList, projectView } from './projects.views.js';
import { relativesView } from './relatives.js';

@Controller()
export class ProjectsController {
  constructor(private readonly projects: ProjectsService) {}

  @Endpoint(api.createProject)
  async create({ caller, body, request }: InputOf<typeof api.createProject>) {
    return { project: projectView(await this.projects.create(caller, body.project), request) };
  }

  @Endpoint(api.listProjects)
  async list({ caller, query, request }: InputOf<typeof api.listProjects>) {
    return projectList(await this.projects.list(caller, query), request);
  }

  @Endpoint(api.showProject)
  async show({ caller, params, query, request }: InputOf<typeof api.showProject>) {
    const project = await this.projects.get(caller, params['project_id'] as string);
    return { project: { ...projectView(project, request), ...await relativesView(this.projects, caller, project, query, request) } };
  }

  @Endpoint(api.updateProject)
  async update({ caller, params, body, request }: InputOf<typeof api.updateProject>) {
    return { project: projectView(await this.projects.update(caller, params['project_id'] as string, body.project), request) };
  }

  @Endpoint(api.deleteProject)
  async delete({ caller, params }: InputOf<typeof api.deleteProject>) {
    await this.projects.delete(caller, params['project_id'] as string);
  }

  @Endpoint(api.listProjectTags)
  async listTags({ caller, params, request }: InputOf<typeof api.listProjectTags>) {
    return { tags: [...await this.projects.tags(caller, params['project_id'] as string)], links: { self: linkTo(request, `projects/${params['project_id']}/tags`), next: null, previous: null } };
  }

  @Endpoint(api.replaceProjectTags)
  async replaceTags({ caller, params, body, request }: InputOf<typeof api.replaceProjectTags>) {
    return { tags: [...await this.projects.replaceTags(caller, params['project_id'] as string, body.tags)], links: { self: linkTo(request, `projects/${params['project_id']}/tags`), next: null, previous: null } };
  }

  @Endpoint(api.deleteProjectTags)
  async deleteTags({ caller, params }: InputOf<typeof api.deleteProjectTags>) {
    await this.projects.deleteTags(caller, params['project_id'] as string);
  }

  @Endpoint(api.checkProjectTag)
  async checkTag({ caller, params }: InputOf<typeof api.checkProjectTag>) {
    await this.projects.requireTag(caller, params['project_id'] as string, params['value'] as string);
  }

  @Endpoint(api.addProjectTag)
  async addTag({ caller, params }: InputOf<typeof api.addProjectTag>) {
    await this.projects.addTag(caller, params['project_id'] as string, params['value'] as string);
  }

  @Endpoint(api.deleteProjectTag)
  async deleteTag({ caller, params }: InputOf<typeof api.deleteProjectTag>) {
    await this.projects.deleteTag(caller, params['project_id'] as string, params['value'] as string);
  }
}

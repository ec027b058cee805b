export { ProjectsModule } from './projects.module.js';
export { ProjectsRepository } from './projects.repository.js';
export { domainOf, ProjectsService, projectTarget } from './projects.service.js';
export { domainList, domainView, projectChange, projectList, projectView } from './projects.views.js';
export { isImmutable, newDomain, onlyLiftsImmutability, type Project } from './project.js';

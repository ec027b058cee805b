export { ProjectNetworksModule } from './project-networks.module.js';

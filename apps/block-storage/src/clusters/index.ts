export { ClustersModule } from './clusters.module.js';

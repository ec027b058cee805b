export { ContainersModule } from './containers.module.js';
export { Containers, type ContainerChange, type NewContainerOptions } from './containers.js';
export {
  BucketTaken, ContainerLocked, ContainerNotEmpty, ContainerNotFound, type Container, type ContainerId, type ContainerSettings,
} from './container.js';
export { containerOf } from './container-view.js';
export type { ContainerRow } from './containers.repository.js';

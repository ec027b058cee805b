export type { Answer } from './answer.js';
export { ComposedObjects } from './composed-objects.js';
export { ContainerOptions } from './container-options.js';
export { Contents, type Content } from './contents.js';
export { Histories } from './histories.js';
export { Interceptions, ManifoldRequests } from './interceptions.js';
export { ObjectListings, type ObjectEntry } from './object-listings.js';
export { PreAuthorization, type Arrival } from './pre-authorization.js';
export { PutPlans, type PutPlan } from './put-plans.js';

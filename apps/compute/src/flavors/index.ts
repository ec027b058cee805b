export type { Flavor } from './flavor.js';
export { FlavorsRepository } from './flavors.repository.js';
export { FlavorsModule } from './flavors.module.js';
export { FlavorAccessRow, FlavorRow } from './flavor.row.js';

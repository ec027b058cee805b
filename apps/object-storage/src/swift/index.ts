export { SwiftApi } from './swift.api.js';
export { SwiftModule } from './swift.module.js';
export { swiftDefaults, type SwiftSettings } from './settings.js';
export { swiftSettings } from './configured.js';
export { swiftReference } from './operations.js';
export { OBJECT_PASS_KEY } from './object-passes/index.js';

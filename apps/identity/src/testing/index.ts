export { ADMIN_PASSWORD, byPassword, onProject, useIdentity, type Answer, type IdentityWorld } from './identity-world.js';
export { caller, type TestCaller } from './call.js';
export { SceneWorld } from './scene-world.js';
export { identityScenes } from './authorization.scenes.js';

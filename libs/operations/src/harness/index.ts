export { survival, playGroup, type Group, type KindUnderTest, type SurvivalOptions } from './its-survival.js';
export { type ProcessTools, type ProcessUnderTest, type Survival, type World } from './world.js';
export { type Failure } from './survive.js';

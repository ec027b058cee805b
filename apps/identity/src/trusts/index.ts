export { TrustsModule } from './trusts.module.js';

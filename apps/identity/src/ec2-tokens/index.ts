export { Ec2TokensModule } from './ec2-tokens.module.js';

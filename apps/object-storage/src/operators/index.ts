export { OperatorsModule } from './operators.module.js';
export { OperatorServer } from './operator-server.js';

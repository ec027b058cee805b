export { DebtKind, owedTo } from './debt-kind.js';
export { DebtsModule } from './debts.module.js';

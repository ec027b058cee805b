export { AccountsModule } from './accounts.module.js';
export { Accounts, AccountNotEmpty } from './accounts.js';
export { KnownAccounts } from './known-accounts.js';
export { AccountNotFound, accountName, projectOfAccount, type Account, type AccountTotals, type Totals } from './account.js';

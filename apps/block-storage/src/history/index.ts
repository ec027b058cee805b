export { HistoryModule } from './history.module.js';
export { KEPT_FOR } from './history.reconciler.js';

export { TransfersModule } from './transfers.module.js';
export { TransferRow } from './transfer.row.js';

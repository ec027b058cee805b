export { SchedulesModule } from './schedules.module.js';
export { ScheduleRow } from './schedule.row.js';
export { ScheduleRunRow } from './schedule-run.row.js';
export { ScheduleProductRow } from './schedule-product.row.js';

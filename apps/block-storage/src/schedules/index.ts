export { SchedulesModule } from './schedules.module.js';
export { ScheduleRow } from './schedule.row.js';

export { GuestsRepository, type GuestFailure, type GuestObservation, type ReportedGuest, type ReportSource } from './guests.repository.js';
export { FAILURE_PAUSE, GuestReports, guestReport } from './guest-reports.js';
export { GuestsModule } from './guests.module.js';
export { GuestObservationRow } from './guest-observation.row.js';

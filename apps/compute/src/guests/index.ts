export { GuestsRepository, type GuestFailure, type GuestObservation, type ReportedGuest, type ReportSource } from './guests.repository.js';
export { GuestReports, guestReport } from './guest-reports.js';
export { GuestsModule } from './guests.module.js';
export { GuestObservationRow } from './guest-observation.row.js';

export {
  GuestCommand, GuestNicSpec, ensureGuest, ensurePower, ensureNoGuest, ensureNic, ensureNoNic, consoleOutput,
  guestReport, commandFailed, hostReport,
} from './messages.js';

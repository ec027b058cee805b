export { HostReporter } from './host-reporter.js';

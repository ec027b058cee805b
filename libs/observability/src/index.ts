export { createLogger, silentLogger, type Logger, type LogFields } from './logger.js';
export { Metrics } from './metrics.js';
export { ObservabilityModule, LOGGER } from './observability.module.js';
export { Health, type HealthCheck, type HealthReport } from './health.js';
export { serveHealth } from './serve-health.js';

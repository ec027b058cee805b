export { AccountBlocked, RateLimits, TooFast } from './rate-limits.js';
export { RATES, type RateSettings, type RateStep } from './rate-settings.js';

/** Requests per second that writers of a container get, by the number of its objects; between the steps it is interpolated. */
export interface RateStep {
  objects: number;
  perSecond: number;
}

export interface RateSettings {
  /** PUT and DELETE of containers, per account and second; 0 sets no limit. */
  accountPerSecond: number;
  /** Writes of objects, per container; no steps set no limit. */
  containerSteps: readonly RateStep[];
  /** A request that would have to wait longer than this is refused with 498. */
  maxWaitMs: number;
  /** Accounts that are never limited, and accounts that are always refused (497). */
  unlimitedAccounts: readonly string[];
  blockedAccounts: readonly string[];
}

export const RATES = Symbol('How fast may be written');

/** Answers nothing where all is well, or throws; must be quick and change nothing. */
export type HealthCheck = () => Promise<void>;

export interface HealthReport {
  isHealthy: boolean;
  checks: Record<string, 'ok' | string>;
}

/** What this process needs to do its work: parts register checks, `/healthcheck` runs them. */
export class Health {
  private readonly checks = new Map<string, { check: HealthCheck; isEssential: boolean }>();

  /** An inessential part (the broker) is reported, but its failure leaves the process healthy. */
  register(name: string, check: HealthCheck, options: { isEssential: boolean } = { isEssential: true }): void {
    this.checks.set(name, { check, isEssential: options.isEssential });
  }

  async report(): Promise<HealthReport> {
    const results = await Promise.all([...this.checks].map(async ([name, { check, isEssential }]) => {
      const problem = await check().then(() => undefined, () => 'unavailable');
      return { name, problem, isEssential };
    }));
    return {
      isHealthy: results.every(({ problem, isEssential }) => problem === undefined || !isEssential),
      checks: Object.fromEntries(results.map(({ name, problem }) => [name, problem ?? 'ok'])),
    };
  }
}

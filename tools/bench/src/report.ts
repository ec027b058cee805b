/** One measured line: what, the figures, and the budget that it is held against. */
export interface Line {
  what: string;
  figures: Record<string, number>;
  budget?: string;
  isWithin?: boolean;
}

const UNITS: Record<string, (value: number) => string> = {
  perSecond: (value) => `${value.toFixed(0)}/s`, p50Ms: (value) => `p50 ${value.toFixed(1)} ms`, p95Ms: (value) => `p95 ${value.toFixed(1)} ms`,
  p99Ms: (value) => `p99 ${value.toFixed(1)} ms`, ms: (value) => `${value.toFixed(0)} ms`, seconds: (value) => `${value.toFixed(2)} s`,
  cpuMs: (value) => `${value.toFixed(2)} ms CPU`, failed: (value) => (value === 0 ? '' : `${value} FAILED`), mebibytes: (value) => `${value.toFixed(0)} MiB`,
  writeMebibytesPerSecond: (value) => `in ${value.toFixed(0)} MiB/s`, readMebibytesPerSecond: (value) => `out ${value.toFixed(0)} MiB/s`,
  writePercentOfPlain: (value) => `in ${value.toFixed(0)} % of plain`, readPercentOfPlain: (value) => `out ${value.toFixed(0)} % of plain`,
  mebibytesPerSecond: (value) => `${value.toFixed(0)} MiB/s`, percentOfPlain: (value) => `${value.toFixed(0)} % of a plain file`,
  cpuPercent: (value) => `${value.toFixed(2)} % of a core`, statements: (value) => `${value} statements`,
};

/** Lines as a table for people. */
export function table(lines: readonly Line[]): string {
  const rows = lines.map(({ what, figures, budget, isWithin }) => [
    what,
    Object.entries(figures).map(([name, value]) => UNITS[name]?.(value) ?? '').filter(Boolean).join(', '),
    budget === undefined ? '' : `${budget}${isWithin === undefined ? '' : isWithin ? '  ok' : '  MISSED'}`,
  ]);
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(width(column))).join('  ').trimEnd()).join('\n');
}

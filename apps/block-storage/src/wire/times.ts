/** A time as Cinder writes it: UTC with microseconds and without saying so. */
export function bareTime(date: Date): string {
  return date.toISOString().replace('Z', '000');
}

/** The same, null for none. */
export function bareTimeOrNull(date: Date | null): string | null {
  return date === null ? null : bareTime(date);
}

/** A time as Neutron writes it: whole seconds, UTC. */
export function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

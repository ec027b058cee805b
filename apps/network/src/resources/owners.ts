/** How often each of these owners occurs, in a fixed order: locks taken in it cannot deadlock. */
export function countByOwner(owners: readonly string[]): [owner: string, count: number][] {
  const counts = new Map<string, number>();
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Like `Promise.all(list.map(work))` with at most `limit` at once; the first failure stops further starts. */
export async function mapLimit<In, Out>(
  list: readonly In[], limit: number, work: (entry: In, index: number) => Promise<Out>,
): Promise<Out[]> {
  const results = new Array<Out>(list.length);
  let next = 0;
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    while (next < list.length && !hasFailed) {
      const index = next++;
      try {
        results[index] = await work(list[index] as In, index);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, list.length) }, worker));
  return results;
}

type Ending = () => Promise<unknown>;

const endings: Ending[] = [];

/**
 * Has something done when everything of the test file has ended. `afterAll` hooks of one `describe` run in the order in which they were
 * made, so that what others use would go first.
 */
export function atTheEnd(ending: Ending): void {
  endings.push(ending);
}

/** The last first. */
export async function endAll(): Promise<void> {
  for (let ending = endings.pop(); ending !== undefined; ending = endings.pop()) await ending();
}

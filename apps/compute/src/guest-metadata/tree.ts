/** Metadata as a tree: text or bytes at the leaves. */
export type Item = string | Buffer | Branch;

export interface Branch {
  /** What the branch above lists instead of its key. */
  label?: string;
  items: Readonly<Record<string, Item>>;
}

export function branch(items: Record<string, Item | undefined>, label?: string): Branch {
  const known = Object.entries(items).filter((entry): entry is [string, Item] => entry[1] !== undefined);
  return { items: Object.fromEntries(known), ...(label !== undefined && { label }) };
}

/** Walks down the path; undefined where there is nothing. */
export function itemAt(root: Item, path: readonly string[]): Item | undefined {
  let at: Item | undefined = root;
  for (const step of path) {
    if (at === undefined || typeof at === 'string' || Buffer.isBuffer(at)) return undefined;
    at = Object.hasOwn(at.items, step) ? at.items[step] : undefined;
  }
  return at;
}

/** What a reader of this place gets: its content, or the list of what is below, branches with a slash. */
export function contentOf(item: Item): string | Buffer {
  if (typeof item === 'string' || Buffer.isBuffer(item)) return item;
  return Object.entries(item.items).map(([key, below]) => (typeof below === 'string' || Buffer.isBuffer(below) ? key : below.label ?? `${key}/`)).join('\n');
}

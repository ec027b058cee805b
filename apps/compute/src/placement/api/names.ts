import { Injectable } from '@nestjs/common';
import { Invalid } from '@virga/kernel';
import type { Reader } from '@virga/persistence';
import { STANDARD_CLASSES, STANDARD_TRAITS } from './standard-names.js';

const CLASSES = new Set(STANDARD_CLASSES);
const TRAITS = new Set(STANDARD_TRAITS);

/** Which resource classes and traits there are: the standard ones, those that hosts report, and those that operators made. */
@Injectable()
export class Names {
  /** Throws where a request names a resource class that is none. */
  async requireClasses(db: Reader, names: readonly string[]): Promise<void> {
    const custom = names.filter((name) => !CLASSES.has(name));
    if (custom.length === 0) return;
    const rows = await db.sql<{ name: string }>`SELECT name FROM resource_class WHERE name = ANY(${custom})`;
    const missing = missingOf(custom, rows);
    if (missing.length > 0) throw new Invalid('placement.class.unknown', `No such resource class: ${list(missing)}`);
  }

  async requireTraits(db: Reader, names: readonly string[]): Promise<void> {
    const others = names.filter((name) => !TRAITS.has(name));
    if (others.length === 0) return;
    const rows = await db.sql<{ name: string }>`SELECT name FROM trait WHERE name = ANY(${others})`;
    const missing = missingOf(others, rows);
    if (missing.length > 0) throw new Invalid('placement.trait.unknown', `No such trait(s): ${list(missing)}`);
  }
}

function missingOf(names: readonly string[], rows: readonly { name: string }[]): string[] {
  const known = new Set(rows.map(({ name }) => name));
  return [...new Set(names)].filter((name) => !known.has(name));
}

function list(names: readonly string[]): string {
  return names.slice(0, 10).map((name) => name.slice(0, 255)).join(', ');
}

import { readFileSync } from 'node:fs';
import { Invalid } from '@virga/kernel';
import { parse } from 'yaml';

/** Reads an operator's policy.yaml: an object of rule names and checks; a missing file overrides nothing. */
export function readOverrides(path: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  const value: unknown = parse(text) ?? {};
  if (typeof value !== 'object' || Array.isArray(value) || Object.values(value as object).some((check) => typeof check !== 'string')) {
    throw new Invalid('policy.overrides', `${path}: expected an object whose keys are rule names and whose values are checks.`);
  }
  return value as Record<string, string>;
}

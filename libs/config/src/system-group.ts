import { readFile } from 'node:fs/promises';

/** The number of a group of this machine; throws, naming the package that makes it, where there is none. */
export async function systemGroupId(name: string, madeBy: string): Promise<number> {
  const entry = (await readFile('/etc/group', 'utf8')).split('\n').find((line) => line.startsWith(`${name}:`));
  if (entry === undefined) throw new Error(`There is no group '${name}': ${madeBy} is not installed.`);
  return Number(entry.split(':')[2]);
}

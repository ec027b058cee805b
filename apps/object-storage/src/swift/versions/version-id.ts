import { badRequest } from '../faults/index.js';

/** How Swift shows a version: seconds with five digits after the point, as its timestamps are. The model counts microseconds. */
export function versionIdOf(version: bigint): string {
  const hundredThousandths = version / 10n;
  const seconds = (hundredThousandths / 100_000n).toString().padStart(10, '0');
  return `${seconds}.${(hundredThousandths % 100_000n).toString().padStart(5, '0')}`;
}

/** The span of the model's versions that an id may mean: it shows one digit less. Throws 400 for what is no id. */
export function versionsOfId(id: string): { from: bigint; to: bigint } {
  const [, seconds, fraction = ''] = /^(\d{1,16})(?:\.(\d{1,9}))?$/.exec(id) ?? [];
  if (seconds === undefined) throw badRequest('Invalid version parameter');
  const from = BigInt(seconds) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'));
  return { from, to: from + (fraction.length < 6 ? 9n : 0n) };
}

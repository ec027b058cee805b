import type { Amounts } from '../placement/index.js';

interface Sized {
  vcpus: number;
  memoryMebibytes: number;
  rootGibibytes: number;
  ephemeralGibibytes: number;
  swapMebibytes: number;
  extraSpecs: Readonly<Record<string, string>>;
}

/** What a server of a flavor takes from a host; extra specs `resources:CLASS` add to it or replace it (flavor extra specs reference). */
export function needsOf(flavor: Sized, imageGibibytes: number): Amounts {
  const disk = (flavor.rootGibibytes || imageGibibytes) + flavor.ephemeralGibibytes + Math.ceil(flavor.swapMebibytes / 1024);
  const amounts: Record<string, number> = { VCPU: flavor.vcpus, MEMORY_MB: flavor.memoryMebibytes, DISK_GB: disk };
  for (const [key, value] of Object.entries(flavor.extraSpecs)) {
    const name = /^resources:([A-Z0-9_]+)$/.exec(key)?.[1];
    if (name !== undefined && /^\d{1,9}$/.test(value)) amounts[name] = Number(value);
  }
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount > 0));
}

/** Traits that a flavor's extra specs and an image's properties require or forbid: `trait:NAME = required`. */
export function traitsOf(...sources: readonly Readonly<Record<string, string>>[]): { requiredTraits: string[]; forbiddenTraits: string[] } {
  const named = (word: string): string[] => [...new Set(sources.flatMap((source) => Object.entries(source)
    .filter(([key, value]) => key.startsWith('trait:') && value === word).map(([key]) => key.slice('trait:'.length))))];
  return { requiredTraits: named('required'), forbiddenTraits: named('forbidden') };
}

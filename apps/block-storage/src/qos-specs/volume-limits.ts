import type { VolumeLimits } from '@virga/contracts-block-storage';
import { Invalid } from '@virga/kernel';

/** What limits volumes of the types that it is associated with. */
export interface Qos {
  consumer: string;
  specs: Readonly<Record<string, string>>;
}

/** The keys that a guest's host understands (Nova, "libvirt front-end QoS"), and what they limit. */
const LIMITS = {
  total_bytes_sec: 'totalBytes', read_bytes_sec: 'readBytes', write_bytes_sec: 'writeBytes',
  total_iops_sec: 'totalRequests', read_iops_sec: 'readRequests', write_iops_sec: 'writeRequests',
} as const satisfies Record<string, keyof VolumeLimits>;

/** A total, and the parts that cannot stand beside it. */
const TOTALS = [['total_bytes_sec', ['read_bytes_sec', 'write_bytes_sec']], ['total_iops_sec', ['read_iops_sec', 'write_iops_sec']]] as const;

/** As one of these, the key's limit grows with the volume: so much for each GiB, at least and at most so much. */
const FORMS = ['', '_per_gb', '_per_gb_min', '_max'];

export class QosInvalid extends Invalid {
  constructor(message: string) {
    super('block-storage.qos.invalid', message);
  }
}

/**
 * The limits that a guest's host holds a volume of this size to; none where the storage host alone is to hold them. 0 is unlimited.
 * With `KEY_per_gb` a limit is that times the volume's size, not below `KEY_per_gb_min` and not above `KEY_max`.
 */
export function volumeLimits(qos: Qos | undefined, sizeGibibytes: number): VolumeLimits {
  if (qos === undefined || qos.consumer === 'back-end') return {};
  const limits = Object.entries(LIMITS).flatMap(([key, limit]) => {
    const value = limitFrom(qos.specs, key, sizeGibibytes);
    return value === undefined || value <= 0 ? [] : [[limit, value] as const];
  });
  return Object.fromEntries(limits);
}

/** Throws `QosInvalid` for limits that no host could hold: better told to who sets them than to who attaches a volume. */
export function requireUsable(specs: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(LIMITS).flatMap((name) => FORMS.map((form) => name + form))) {
    const value = own(specs, key);
    if (value !== undefined && !/^\d{1,15}$/.test(value)) throw new QosInvalid(`Invalid qos specs: ${key} must be a whole number of 0 or more.`);
  }
  for (const [total, parts] of TOTALS) {
    const part = parts.find((name) => isLimited(specs, name));
    if (isLimited(specs, total) && part !== undefined) throw new QosInvalid(`Invalid qos specs: ${total} and ${part} cannot both be limited.`);
  }
}

function limitFrom(specs: Qos['specs'], key: string, sizeGibibytes: number): number | undefined {
  const perGibibyte = numberOf(specs, `${key}_per_gb`);
  if (perGibibyte === undefined) return numberOf(specs, key);
  const grown = Math.max(perGibibyte * sizeGibibytes, numberOf(specs, `${key}_per_gb_min`) ?? 0);
  return Math.min(grown, numberOf(specs, `${key}_max`) ?? grown);
}

function isLimited(specs: Qos['specs'], key: string): boolean {
  return own(specs, key) !== undefined || own(specs, `${key}_per_gb`) !== undefined;
}

function numberOf(specs: Qos['specs'], key: string): number | undefined {
  const value = own(specs, key);
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function own(specs: Qos['specs'], key: string): string | undefined {
  return Object.hasOwn(specs, key) ? specs[key] : undefined;
}

import { Invalid } from '@virga/kernel';

const MAX_INTEGER = 2_147_483_647;

/** A whole number that came as one or as text; throws `Invalid` where it does not fit. */
export function wholeNumber(name: string, value: number | string, minimum: number): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < minimum || number > MAX_INTEGER) {
    throw new Invalid('request.number', `${name} must be a whole number from ${minimum} to ${MAX_INTEGER}.`);
  }
  return number;
}

/** A positive number in a path, as ids of old are; undefined for anything else. */
export function numericId(text: string): number | undefined {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number <= MAX_INTEGER ? number : undefined;
}

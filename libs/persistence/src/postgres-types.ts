import pg from 'pg';

const { builtins } = pg.types;

/** Reads `bigint` and `numeric` as numbers where no digit is lost, else leaves the text. */
export function readNumber(text: string): number | string {
  const number = Number(text);
  if (Number.isSafeInteger(number)) return number;
  const digits = text.replace(/^-?0*\.?0*|\./g, '').length;
  return digits <= 15 && Number.isFinite(number) ? number : text;
}

const readers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, readNumber],
  [builtins.NUMERIC, readNumber],
  // A date has no time zone; as a Date it would move with the process's.
  [builtins.DATE, (text) => text],
  [builtins.INTERVAL, (text) => text],
]);

// pg's types name no arrays, though it reads them.
const [INT8_ARRAY, TEXT_ARRAY] = [1016, 1009];
const readArray = pg.types.getTypeParser(TEXT_ARRAY as number, 'text') as (text: string) => (string | null)[];
readers.set(INT8_ARRAY, (text) => readArray(text).map((entry) => (entry === null ? null : readNumber(entry))));

/** How columns are read, for pg's `types` option. */
export const postgresTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: string) => {
    const reader = format === 'binary' ? undefined : readers.get(oid);
    return reader ?? pg.types.getTypeParser(oid, format as 'text');
  },
};

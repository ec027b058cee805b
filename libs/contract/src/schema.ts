import Type from 'typebox';

/** JSON Schema builder whose schemas carry their TypeScript type; `Static<typeof Schema>` reads it. */
export const T = Type;
export type { Static, TSchema, TObject } from 'typebox';

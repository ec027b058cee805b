import type { Overtakes } from '@virga/operations';

/** Who may end whose operation on the same snapshot: deletion anybody's. */
export const overtakes: Overtakes = { 'snapshot.delete': '*' };

import type { Overtakes } from '@virga/operations';

/** Who may end whose operation on the same group: deletion anybody's. */
export const overtakes: Overtakes = { 'group.delete': '*' };

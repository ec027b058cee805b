import type { Overtakes } from '@virga/operations';

/** Who may end whose operation on the same volume: deletion anybody's. */
export const overtakes: Overtakes = { 'volume.delete': '*', 'attachment.release': ['attachment.connect'], 'backup.delete': ['backup.create'] };

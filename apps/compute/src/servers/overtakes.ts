import type { Overtakes } from '@virga/operations';

/** Who may end whose operation on the same server: deletion anybody's, a cut of the power what a guest is too slow for. */
export const overtakes: Overtakes = {
  'server.delete': '*',
  'server.reboot-hard': ['server.reboot', 'server.pause'],
};

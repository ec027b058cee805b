import type { Overtakes } from '@virga/operations';

/** Who may end whose operation on the same device: a guest that is to lose a disk need not learn of its size. */
export const overtakes: Overtakes = { 'block-device.detach': ['block-device.grow'] };

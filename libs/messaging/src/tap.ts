import type { Envelope } from './envelope.js';

/** How many copies of a message arrive: 0 loses it, 2 doubles it. Tests put one into a process's messaging. */
export type MessageTap = (message: Pick<Envelope, 'id' | 'type' | 'version'>) => number;

export const deliverOnce: MessageTap = () => 1;

import { wakeKey, type WakeKey } from '@virga/operations';

/** What an operation on a group waits for: a change of one of its volumes. */
export const groupFact = (groupId: string): WakeKey => wakeKey('group', groupId);

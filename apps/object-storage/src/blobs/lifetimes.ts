import { hours } from '@virga/kernel';

/**
 * How long after they were written bytes may be committed. The collector leaves alone what is younger than twice this.
 *
 * Too low: an upload whose commit waits long fails. Too high: what nobody committed takes space for longer.
 */
export const STAGED_LIFETIME = hours(1);

/** From when on bytes that no row names belong to nobody; the margin is for clocks that differ. */
export const ORPHAN_AGE = hours(2);

/**
 * How long bytes stay after they were let go of, or after compaction moved them: whoever looked them up before may still come to
 * read them.
 *
 * Too low: a download of many parts breaks off when its object is replaced meanwhile. Too high: deleted objects take space for longer.
 */
export const READERS_GRACE = hours(1);

import { fragment, type Fragment } from './sql.js';

/**
 * What a process writes into a column `worker` to claim a row: the name of its sessions, which no other process has.
 *
 * Sessions end with their process, and PostgreSQL shows which there are: so claims of processes that died are told from those of the
 * living without anybody renewing them. A process that only lost its connections loses its claims too, so what is claimed must
 * be fenced, or safe to be done twice. Sessions of a machine that vanished stay until PostgreSQL notices.
 */
export const ownClaim: Fragment = fragment`current_setting('application_name')`;

/** Whether the row is claimed by a process that is gone. */
export const isOfTheDead: Fragment = fragment`(worker IS NOT NULL AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = worker))`;

import type { ProcessSpec } from '../process-spec.js';
import type { ProcessRecord } from './managed-process.js';

/** One line of JSON each way per connection, over a socket that only root may open. */
export type SupervisorRequest =
  | { do: 'ensure'; specs: ProcessSpec[] }
  | { do: 'stop'; fromRank: number }
  | { do: 'restart'; name: string }
  | { do: 'list' }
  | { do: 'exit' };

export interface SupervisorReply {
  /** Names of the processes that the request changed. */
  changed?: string[];
  records?: ProcessRecord[];
  supervisor?: { pid: number };
  error?: string;
}

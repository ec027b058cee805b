import { Conflict } from '@virga/kernel';
import { vmStates, type Server, type ServerState } from './server.js';

/** The server is in no state for this action, or something else is being done with it. */
export class ServerStateConflict extends Conflict {
  constructor(action: string, server: Server, attribute: 'vm_state' | 'task_state') {
    const value = attribute === 'vm_state' ? vmStates[server.state] : server.task;
    super('compute.server.state', `Cannot '${action}' instance ${server.id} while it is in ${attribute} ${value ?? 'none'}`);
  }
}

/** Throws `ServerStateConflict` unless the server has settled on one of the states; `anyTask` where what is being done with it does not matter. */
export function requireState(server: Server, action: string, states: readonly ServerState[], { anyTask = false } = {}): void {
  if (!states.includes(server.state)) throw new ServerStateConflict(action, server, 'vm_state');
  if (!anyTask && server.task !== null) throw new ServerStateConflict(action, server, 'task_state');
}

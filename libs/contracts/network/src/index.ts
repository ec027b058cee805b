export {
  ServerNic, WantedNic, resolveNics, ensurePorts, releasePorts, describePorts, listServerPorts, serverNicChanged,
} from './messages.js';

import { itIsANetworkBackend } from '../network-backend.conformance.js';
import { SimulatedNetworkBackend } from './simulated-network-backend.js';

describe('the simulated network backend', () => {
  itIsANetworkBackend(async () => {
    const backend = new SimulatedNetworkBackend();
    return {
      backend,
      other: backend,
      holds: async (ref) => backend.find(ref) !== undefined,
      tamper: async (ref) => backend.tamper(ref),
      remove: async (ref) => backend.remove(ref),
      plant: async (ref) => backend.tamper(ref),
      wire: async (portId, isUp) => backend.bind(portId, isUp),
      vanish: async () => backend.fail(),
      comeBack: async () => backend.thaw(),
      end: async () => undefined,
    };
  });
});

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { requireFreePorts } from './ports.js';
import { processSpec, RANK } from './process-spec.js';

describe('looking for taken ports', () => {
  it('names the port, who needs it, and the process that holds it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const spec = processSpec({ name: 'virga-image', rank: RANK.service, workingDirectory: '/', argv: ['true'], listens: [{ host: '127.0.0.1', port }] });
    try {
      await expect(requireFreePorts([spec])).rejects.toThrow(`port ${port} on 127.0.0.1, which virga-image needs, is taken by`);
      await expect(requireFreePorts([spec])).rejects.toThrow(`(process ${process.pid})`);
    } finally {
      server.close();
      await once(server, 'close');
    }
    await expect(requireFreePorts([spec])).resolves.toBeUndefined();
  });
});

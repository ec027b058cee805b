import { anonymous } from '@virga/kernel';
import { Peer } from './peer.js';

describe('a peer', () => {
  it('that does not answer makes the request unavailable, not wrong', async () => {
    const by = { caller: anonymous('req-1'), request: { signal: new AbortController().signal } };
    await expect(new Peer('network', 'http://127.0.0.1:9').get(by, '/v2.0/ports')).rejects.toMatchObject({ kind: 'unavailable', code: 'compute.network.unreachable' });
  });
});

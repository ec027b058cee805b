import { useObjectStorage } from '../testing/index.js';

describe('the front door', () => {
  const storage = useObjectStorage();

  it('says whether the service is well', async () => {
    const answer = await storage.request('/healthcheck');
    expect([answer.status, await answer.text()]).toEqual([200, 'OK']);
  });
});

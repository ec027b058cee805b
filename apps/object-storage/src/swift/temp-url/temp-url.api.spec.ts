import { createHmac } from 'node:crypto';
import { hours } from '@virga/kernel';
import { useObjectStorage } from '../../testing/index.js';
import { demoAccount, swiftAccount } from '../testing/index.js';

describe('temporary URLs', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  const inAnHour = () => Math.floor(storage.clock.now() / 1000) + 3600;
  const query = (method: string, path: string, { key = 'account-key', expires = inAnHour(), more = {} as Record<string, string>, prefix = '' } = {}) => {
    const ip = more['temp_url_ip_range'] === undefined ? '' : `ip=${more['temp_url_ip_range']}\n`;
    const signature = createHmac('sha256', key).update(`${ip}${method}\n${expires}\n${prefix}/v1/${demoAccount}/${path}`).digest('hex');
    return new URLSearchParams({ temp_url_sig: signature, temp_url_expires: String(expires), ...more }).toString();
  };
  const get = (path: string, how: string) => swift.get(`${path}?${how}`, { as: 'nobody' });

  beforeAll(async () => {
    await swift.put('c', '', { headers: { 'x-container-meta-temp-url-key-2': 'container-key' } });
    await swift.put('c/tree/leaf.txt', 'the leaf', { headers: { 'x-object-meta-secret': 's', 'x-object-meta-public-note': 'p' } });
    await swift.put('other');
    await swift.put('other/o', 'elsewhere');
    await swift.send('POST', '', { headers: { 'x-account-meta-temp-url-key': 'account-key' } });
  });

  it('open one object for a method and a time', async () => {
    const answer = await get('c/tree/leaf.txt', query('GET', 'c/tree/leaf.txt'));
    expect([answer.status, answer.text]).toEqual([200, 'the leaf']);
    expect(answer.headers.get('content-disposition')).toBe("attachment; filename=\"leaf.txt\"; filename*=UTF-8''leaf.txt");
    expect([answer.headers.has('x-object-meta-secret'), answer.headers.get('x-object-meta-public-note')]).toEqual([false, 'p']);
    expect(answer.headers.get('expires')).toBe(new Date(inAnHour() * 1000).toUTCString());
    expect((await swift.head(`c/tree/leaf.txt?${query('GET', 'c/tree/leaf.txt')}`, { as: 'nobody' })).status).toBe(200);
    const range = await swift.get(`c/tree/leaf.txt?${query('GET', 'c/tree/leaf.txt')}`, { as: 'nobody', headers: { range: 'bytes=0-2' } });
    expect([range.status, range.text]).toEqual([206, 'the']);
  });

  it('serve PUT and DELETE where they were made for them', async () => {
    expect((await swift.put(`c/new?${query('PUT', 'c/new')}`, 'uploaded', { as: 'nobody' })).status).toBe(201);
    expect((await swift.get('c/new')).text).toBe('uploaded');
    expect((await swift.remove(`c/new?${query('DELETE', 'c/new')}`, { as: 'nobody' })).status).toBe(204);
  });

  it('open all names of a prefix, inline and under another name', async () => {
    const answer = await get('c/tree/leaf.txt', query('GET', 'c/tree/', { prefix: 'prefix:', more: { temp_url_prefix: 'tree/', inline: '', filename: 'nice name' } }));
    expect([answer.status, answer.headers.get('content-disposition')]).toEqual([200, "inline; filename=\"nice name\"; filename*=UTF-8''nice%20name"]);
  });

  it('signed with a container’s key stay in that container', async () => {
    expect((await get('c/tree/leaf.txt', query('GET', 'c/tree/leaf.txt', { key: 'container-key' }))).status).toBe(200);
    expect((await get('other/o', query('GET', 'other/o', { key: 'container-key' }))).status).toBe(401);
    await swift.put('c/dlo', '', { headers: { 'x-object-manifest': 'other/o' } });
    expect((await get('c/dlo', query('GET', 'c/dlo', { key: 'container-key' }))).status).toBe(401);
    expect((await get('c/dlo', query('GET', 'c/dlo'))).text).toBe('elsewhere');
  });

  it('copy nothing that they give no access to', async () => {
    await swift.put('c/mine', 'mine');
    const copied = await swift.put(`c/mine?${query('PUT', 'c/mine')}`, '', { as: 'nobody', headers: { 'x-copy-from': 'other/o' } });
    expect([copied.status, (await swift.get('c/mine')).text]).toEqual([400, 'mine']);
  });

  it('hold for the addresses that they name', async () => {
    const from = (range: string) => get('c/tree/leaf.txt', query('GET', 'c/tree/leaf.txt', { more: { temp_url_ip_range: range } }));
    expect((await from('127.0.0.0/8')).status).toBe(200);
    expect((await from('10.0.0.0/8')).status).toBe(401);
  });

  it('answer everything that is wrong alike', async () => {
    const good = query('GET', 'c/tree/leaf.txt');
    const wrong = [
      ['c/tree/leaf.txt', query('PUT', 'c/tree/leaf.txt')], ['c/tree/leaf.txt', query('GET', 'c/tree/leaf.txt', { key: 'guess' })], ['c/tree/other', good],
      ['c/none', query('GET', 'c/none', { key: 'guess' })], ['none/none', good], ['c/tree/leaf.txt', query('GET', 'c/tree/leaf.txt', { expires: inAnHour() - 7200 })],
      ['c/tree/leaf.txt', 'temp_url_sig=00'], ['c/tree/leaf.txt', 'temp_url_expires=9999999999'], ['c', good],
    ] as const;
    const answers = await Promise.all(wrong.map(([path, how]) => get(path, how)));
    expect(new Set(answers.map(({ status, text, headers }) => `${status} ${text} ${headers.get('www-authenticate')}`)))
      .toEqual(new Set(['401 401 Unauthorized: Temp URL invalid\n Swift realm="unknown"']));
  });

  it('end with their time', async () => {
    const how = query('GET', 'c/tree/leaf.txt');
    expect((await get('c/tree/leaf.txt', how)).status).toBe(200);
    storage.clock.advance(hours(2));
    expect((await get('c/tree/leaf.txt', how)).status).toBe(401);
  });

  it('neither make pointers nor carry other questions', async () => {
    for (const header of ['x-object-manifest', 'x-symlink-target']) {
      const answer = await swift.put(`c/p?${query('PUT', 'c/p')}`, '', { as: 'nobody', headers: { [header]: 'other/o' } });
      expect(answer.status).toBe(400);
    }
    expect((await swift.put(`c/m?${query('PUT', 'c/m')}&multipart-manifest=put`, '[{"path":"/other/o"}]', { as: 'nobody' })).status).toBe(201);
    expect((await swift.get('c/m')).text).toBe('[{"path":"/other/o"}]');
  });

  it('are made with keys that stand nowhere in clear', async () => {
    const rows = await storage.database.sql<{ text: string }>`SELECT row_to_json(a)::text AS text FROM account a UNION ALL SELECT row_to_json(c)::text FROM container c`;
    expect(rows.map(({ text }) => text).join('\n')).not.toMatch(/account-key|container-key/);
    expect((await swift.head('')).headers.get('x-account-meta-temp-url-key')).toBe('account-key');
    expect((await swift.head('', { as: 'reader' })).headers.has('x-account-meta-temp-url-key')).toBe(false);
  });
});

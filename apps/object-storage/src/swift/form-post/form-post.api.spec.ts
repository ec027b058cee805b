import { createHmac } from 'node:crypto';
import { useObjectStorage } from '../../testing/index.js';
import { demoAccount, swiftAccount } from '../testing/index.js';

interface File { name: string; bytes: string; type?: string }

describe('uploads by a form', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  const path = `/v1/${demoAccount}/c/up/`;
  const defaults = () => ({ redirect: '', max_file_size: '100', max_file_count: '2', expires: String(Math.floor(storage.clock.now() / 1000) + 60) });

  const post = (files: File[], changed: Record<string, string> = {}, { to = path, forged = {} as Record<string, string>, key = 'the-key' } = {}) => {
    const fields: Record<string, string> = { ...defaults(), ...changed };
    const signed = [path, fields['redirect'], fields['max_file_size'], fields['max_file_count'], fields['expires']].join('\n');
    const sent = { ...fields, signature: createHmac('sha256', key).update(signed).digest('hex'), ...forged };
    const parts = [
      ...Object.entries(sent).map(([name, value]) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`),
      ...files.map(({ name, bytes, type = 'text/plain' }) => `Content-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${bytes}`),
    ];
    const body = `${parts.map((part) => `--edge\r\n${part}\r\n`).join('')}--edge--\r\n`;
    return swift.send('POST', to, { as: 'nobody', headers: { 'content-type': 'multipart/form-data; boundary=edge' }, body });
  };

  beforeAll(async () => {
    await swift.put('c', '', { headers: { 'x-container-meta-temp-url-key': 'the-key' } });
  });

  it('become objects below the form’s path', async () => {
    const answer = await post([{ name: 'one.txt', bytes: 'first' }, { name: 'two.bin', bytes: '\r\n--ed\r\n', type: 'image/png' }], { 'x_delete_after': '600' });
    expect([answer.status, answer.text]).toEqual([201, '201 Created']);
    const one = await swift.get('c/up/one.txt');
    expect([one.text, one.headers.get('content-type'), one.headers.has('x-delete-at')]).toEqual(['first', 'text/plain', true]);
    const two = await swift.get('c/up/two.bin');
    expect([two.text, two.headers.get('content-type')]).toEqual(['\r\n--ed\r\n', 'image/png']);
  });

  it('send the browser on', async () => {
    const answer = await post([{ name: 'r', bytes: 'x' }], { redirect: 'https://site.test/done?a=b' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://site.test/done?a=b&status=201&message=']);
  });

  it('send it nowhere that was not signed', async () => {
    const answer = await post([], {}, { forged: { redirect: 'https://evil.test/' } });
    expect([answer.status, answer.headers.has('location')]).toEqual([400, false]);
  });

  it('have no more fields than somebody fills in, since memory holds them', async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`field${index}`, 'x']));
    const answer = await post([{ name: 'many', bytes: 'x' }], {}, { forged: many });
    expect([answer.status, answer.text]).toEqual([400, 'FormPost: too many fields']);
  });

  it('are bounded in size and number', async () => {
    const large = await post([{ name: 'large', bytes: 'x'.repeat(101) }]);
    expect([large.status, large.text]).toEqual([400, 'FormPost: max_file_size exceeded']);
    expect((await swift.head('c/up/large')).status).toBe(404);
    const many = await post([{ name: 'm1', bytes: '1' }, { name: 'm2', bytes: '2' }, { name: 'm3', bytes: '3' }]);
    expect([many.status, many.text]).toEqual([400, '400 Bad Request\r\nFormPost: Max File Count Exceeded']);
    expect([(await swift.head('c/up/m2')).status, (await swift.head('c/up/m3')).status]).toEqual([200, 404]);
  });

  it.each([
    ['with another limit than signed', {}, { forged: { max_file_size: '1000' } }], ['signed with another key', {}, { key: 'guess' }], ['after their time', { expires: '10' }, {}],
    ['to another path', {}, { to: `/v1/${demoAccount}/c/` }], ['to a container without a key', {}, { to: `/v1/${demoAccount}/none/` }], ['to an account', {}, { to: `/v1/${demoAccount}` }],
  ])('are refused %s', async (_, changed, how) => {
    const answer = await post([{ name: 'refused', bytes: 'x' }], changed as Record<string, string>, how);
    expect(answer.status).toBe(401);
    for (const object of ['c/up/refused', 'c/refused']) expect((await swift.head(object)).status).toBe(404);
  });

  it('leave nothing of a file that was cut off', async () => {
    const body = `--edge\r\nContent-Disposition: form-data; name="max_file_count"\r\n\r\n1\r\n--edge\r\nContent-Disposition: form-data; name="file"; filename="cut"\r\n\r\nhalf`;
    const answer = await swift.send('POST', path, { as: 'nobody', headers: { 'content-type': 'multipart/form-data; boundary=edge' }, body });
    expect(answer.status).toBe(401);
    expect((await swift.head('c/up/cut')).status).toBe(404);
    expect((await swift.send('POST', path, { as: 'nobody', headers: { 'content-type': 'multipart/form-data; boundary=edge' }, body: 'nonsense' })).status).toBe(400);
  });
});

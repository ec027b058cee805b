import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { useObjectStorage } from '../../testing/index.js';
import { swiftAccount } from '../testing/index.js';
import { swiftDefaults } from '../settings.js';

const json = { accept: 'application/json' };

async function tarOf(files: Record<string, string>, pax: Record<string, string> = {}): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'directory', type: 'directory' });
  const attributes = { pax };
  for (const [name, bytes] of Object.entries(files)) archive.entry({ name, ...attributes }, bytes);
  archive.finalize();
  return buffer(archive);
}

describe('an uploaded archive', () => {
  const storage = useObjectStorage({ swift: { ...swiftDefaults, bulk: { ...swiftDefaults.bulk, maxContainersPerExtraction: 2, maxFailedExtractions: 3 } } });
  const swift = swiftAccount(storage);
  const extract = async (path: string, tar: Buffer, kind = 'tar', headers: Record<string, string> = json) =>
    swift.put(`${path}?extract-archive=${kind}`, tar, { headers });

  it.each([
    ['tar', (tar: Buffer) => tar], ['tar.gz', (tar: Buffer) => gzipSync(tar)], ['tar.bz2', (tar: Buffer) => execFileSync('bzip2', ['-c'], { input: tar })],
  ])('becomes objects (%s), with containers where there are none', async (kind, compress) => {
    const container = `c-${kind}`;
    const answer = await extract('', compress(await tarOf({ [`${container}/a`]: 'bytes of a', [`./${container}/tree/b`]: 'b', base: 'left out' })), kind);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ 'Number Files Created': 2, 'Response Body': '', 'Response Status': '201 Created', Errors: [] });
    expect((await swift.get(`${container}/a`)).text).toBe('bytes of a');
    expect((await swift.get(`${container}/tree/b`)).text).toBe('b');
  });

  it('goes below the path that it is sent to, with metadata of the request and of the files', async () => {
    const tar = await tarOf({ 'a.txt': 'a' }, { 'SCHILY.xattr.user.meta.Fruit': 'pear', 'SCHILY.xattr.user.mime_type': 'text/fruit' });
    await extract('c/below', tar, 'tar', { ...json, 'x-object-meta-all': 'yes' });
    const { headers, text } = await swift.get('c/below/a.txt');
    expect([text, headers.get('content-type'), headers.get('x-object-meta-fruit'), headers.get('x-object-meta-all')]).toEqual(['a', 'text/fruit', 'pear', 'yes']);
  });

  it('tells in text and XML too, and says what failed', async () => {
    const tar = await tarOf({ ['n'.repeat(1100)]: 'x', good: 'x' });
    const text = await extract('c', tar, 'tar', {});
    expect(text.text).toContain(`Number Files Created: 1\nResponse Body: \nResponse Status: 400 Bad Request\nErrors:\nc/${'n'.repeat(1100)}, 400 Bad Request\n`);
    const xml = await extract('c', await tarOf({ fine: '1' }), 'tar', { accept: 'text/xml' });
    expect([xml.headers.get('content-type'), xml.text]).toEqual(['text/xml', expect.stringContaining('<number_files_created>1</number_files_created>')]);
  });

  it.each([['zip', 'bytes', 400, 'Unsupported archive format'], ['tar', 'this is not an archive'.repeat(50), 200, 'Invalid Tar File']])('is refused as %s', async (kind, body, status, words) => {
    const answer = await extract('c', Buffer.from(body), kind);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(words);
  });

  it('may not make more containers than allowed, nor fail for ever', async () => {
    const many = await extract('', await tarOf({ 'm1/a': '', 'm2/a': '', 'm3/a': '' }));
    expect(JSON.parse(many.text)).toMatchObject({ 'Response Status': '400 Bad Request', 'Response Body': 'More than 2 containers to create from tar.', 'Number Files Created': 2 });
    const long = 'n'.repeat(1100);
    const failing = await extract('c', await tarOf({ [`1${long}`]: '', [`2${long}`]: '', [`3${long}`]: '', last: '' }));
    expect(JSON.parse(failing.text)).toMatchObject({ 'Number Files Created': 0, Errors: [expect.anything(), expect.anything(), expect.anything()] });
  });

  it('is nobody else’s to send', async () => {
    const answer = await swift.put('c?extract-archive=tar', await tarOf({ a: 'x' }), { as: 'nobody', headers: json });
    expect(JSON.parse(answer.text)).toMatchObject({ 'Response Status': '401 Unauthorized', 'Number Files Created': 0 });
    expect(JSON.parse((await swift.put('c?extract-archive=tar', await tarOf({ intruder: 'x' }), { as: 'bob', headers: json })).text)).toMatchObject({ 'Response Status': '400 Bad Request' });
    expect((await swift.head('c/intruder')).status).toBe(404);
  });
});

describe('bulk deletion', () => {
  const storage = useObjectStorage({ swift: { ...swiftDefaults, bulk: { ...swiftDefaults.bulk, maxDeletesPerRequest: 4, maxFailedDeletes: 2 } } });
  const swift = swiftAccount(storage);
  const remove = async (lines: string[], headers: Record<string, string> = json, method = 'POST') =>
    swift.send(method, '?bulk-delete', { headers: { 'content-type': 'text/plain', ...headers }, body: lines.join('\n') });

  it.each(['POST', 'DELETE'])('by %s takes objects first, then containers', async (method) => {
    await swift.put('c');
    for (const name of ['a', 'b%20%25', 'tree/%C3%A4']) await swift.put(`c/${name}`, 'x');
    const answer = await remove(['c', '/c/a', 'c/b%20%25', ' c/tree/%C3%A4 '], json, method);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({ 'Number Deleted': 4, 'Number Not Found': 0, 'Response Body': '', 'Response Status': '200 OK', Errors: [] });
    expect((await swift.head('c')).status).toBe(404);
  });

  it('tells what was not there and what failed', async () => {
    await swift.put('full');
    await swift.put('full/o', 'x');
    const answer = await remove(['full', 'full/none', 'full/%FF']);
    expect(JSON.parse(answer.text)).toMatchObject({
      'Number Deleted': 0, 'Number Not Found': 1, 'Response Status': '400 Bad Request', 'Response Body': 'Max delete failures exceeded',
      Errors: expect.arrayContaining([['full/%C3%BF', '412 Precondition Failed'], ['full', '409 Conflict']]),
    });
    expect((await remove(['full/none'], {})).text).toBe('Number Deleted: 0\nNumber Not Found: 1\nResponse Body: \nResponse Status: 200 OK\nErrors:\n');
  });

  it('has bounds', async () => {
    expect(JSON.parse((await remove(['a/1', 'a/2', 'a/3', 'a/4', 'a/5'])).text)).toMatchObject({ 'Response Status': '413 Request Entity Too Large', 'Response Body': 'Maximum Bulk Deletes: 4 per request' });
    expect(JSON.parse((await remove(['a'.repeat(20_000)])).text)).toMatchObject({ 'Response Status': '400 Bad Request', 'Response Body': 'Invalid File Name' });
    expect(JSON.parse((await remove([''])).text)).toMatchObject({ 'Response Status': '400 Bad Request', 'Response Body': 'Invalid bulk delete.' });
    expect(JSON.parse((await remove(['a/b'], { ...json, 'content-type': 'application/json' })).text)).toMatchObject({ 'Response Status': '406 Not Acceptable' });
  });

  it('is nobody else’s to ask for', async () => {
    await swift.put('mine');
    await swift.put('mine/o', 'x');
    const answer = await swift.send('POST', '?bulk-delete', { as: 'bob', headers: json, body: 'mine/o' });
    expect(JSON.parse(answer.text)).toMatchObject({ 'Number Deleted': 0, Errors: [['mine/o', '403 Forbidden']] });
    expect((await swift.head('mine/o')).status).toBe(200);
  });
});

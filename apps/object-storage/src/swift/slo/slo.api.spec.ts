import { Expirer } from '../../objects/index.js';
import { useObjectStorage } from '../../testing/index.js';
import { md5, swiftAccount } from '../testing/index.js';

describe('static large objects', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  const contents = { a: 'a'.repeat(100), b: 'b'.repeat(200), c: 'c'.repeat(50) };
  const etag = md5(md5(contents.a) + md5(contents.b));
  const segment = (name: keyof typeof contents, more: object = {}) => ({ path: `/segments/${name}`, etag: md5(contents[name]), size_bytes: contents[name].length, ...more });
  const putManifest = (path: string, segments: unknown, headers: Record<string, string> = {}, query = '') =>
    swift.put(`${path}?multipart-manifest=put${query}`, JSON.stringify(segments), { headers });

  beforeAll(async () => {
    await swift.put('segments');
    await swift.put('c');
    for (const [name, bytes] of Object.entries(contents)) await swift.put(`segments/${name}`, bytes);
    expect((await putManifest('c/ab', [segment('a'), segment('b')], { 'content-type': 'text/ab', 'x-object-meta-colour': 'blue' })).status).toBe(201);
  });

  it('are read as one object, whole and in ranges', async () => {
    const whole = await swift.get('c/ab');
    expect(whole.status).toBe(200);
    expect(whole.text).toBe(contents.a + contents.b);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      etag: `"${etag}"`, 'content-length': '300', 'x-static-large-object': 'True', 'content-type': 'text/ab', 'x-object-meta-colour': 'blue',
    });
    const range = await swift.get('c/ab', { headers: { range: 'bytes=98-101' } });
    expect([range.status, range.text, range.headers.get('content-range')]).toEqual([206, 'aabb', 'bytes 98-101/300']);
    expect((await swift.get('c/ab', { headers: { range: 'bytes=300-' } })).status).toBe(416);
  });

  it('answer HEAD and conditions with the etag of the whole', async () => {
    const head = await swift.head('c/ab');
    expect([head.status, head.headers.get('etag'), head.headers.get('content-length')]).toEqual([200, `"${etag}"`, '300']);
    expect(head.headers.get('x-manifest-etag')).toMatch(/^[0-9a-f]{32}$/);
    expect((await swift.get('c/ab', { headers: { 'if-match': `"${etag}"` } })).status).toBe(200);
    expect((await swift.get('c/ab', { headers: { 'if-match': '"other"' } })).status).toBe(412);
    expect((await swift.head('c/ab', { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('show their manifest, and in a form that can be put again', async () => {
    const shown = await swift.get('c/ab?multipart-manifest=get');
    expect(shown.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(JSON.parse(shown.text)).toEqual([
      { name: '/segments/a', bytes: 100, hash: md5(contents.a), content_type: 'application/octet-stream', last_modified: expect.stringMatching(/^\d{4}-.*\.\d{6}$/) },
      { name: '/segments/b', bytes: 200, hash: md5(contents.b), content_type: 'application/octet-stream', last_modified: expect.any(String) },
    ]);
    const raw = await swift.get('c/ab?multipart-manifest=get&format=raw');
    expect([raw.headers.get('content-type'), raw.headers.get('etag')]).toEqual(['text/ab', md5(raw.text)]);
    expect((await swift.put('c/again?multipart-manifest=put', raw.text)).status).toBe(201);
    expect((await swift.get('c/again')).text).toBe(contents.a + contents.b);
  });

  it('list with the size of the whole and both etags', async () => {
    const listing = await swift.json<Record<string, unknown>[]>('c?format=json&prefix=ab');
    const manifest = await swift.get('c/ab?multipart-manifest=get');
    expect(listing[0]).toMatchObject({ name: 'ab', bytes: 300, hash: manifest.headers.get('etag'), slo_etag: `"${etag}"` });
  });

  it('may use ranges, inline data and other large objects', async () => {
    const nested = [{ path: '/c/ab', range: '99-100' }, { data: Buffer.from('-data-').toString('base64') }, segment('c', { range: '-3' })];
    expect((await putManifest('c/nested', nested)).status).toBe(201);
    expect((await swift.get('c/nested')).text).toBe('ab-data-ccc');
    expect((await swift.get('c/nested', { headers: { range: 'bytes=1-4' } })).text).toBe('b-da');
    const head = await swift.head('c/nested');
    expect(head.headers.get('etag')).toBe(`"${md5(`${etag}:99-100;${md5('-data-')}${md5(contents.c)}:47-49;`)}"`);
    const several = await swift.get('c/nested', { headers: { range: 'bytes=0-0,9-10' } });
    expect(several.text).toContain('Content-Range: bytes 9-10/11\r\n\r\ncc');
  });

  it('are refused with every reason where segments are not as said', async () => {
    const refused = await putManifest('c/bad', [segment('a', { etag: 'other' }), segment('b', { size_bytes: 7 }), { path: '/segments/none' }], { accept: 'application/json' });
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text)).toEqual({ Errors: [['/segments/a', 'Etag Mismatch'], ['/segments/b', 'Size Mismatch'], ['/segments/none', '404 Not Found']] });
    expect((await swift.head('c/bad')).status).toBe(404);
    expect((await putManifest('c/bad', [segment('a')], { etag: 'wrong' })).status).toBe(422);
    expect((await putManifest('c/bad', [segment('a')], { etag: md5(md5(contents.a)) })).status).toBe(201);
    expect((await swift.put('c/bad', '', { headers: { 'x-static-large-object': 'True' } })).status).toBe(400);
  });

  it('answer 409 when a segment has changed or is gone', async () => {
    await swift.put('segments/x', 'xxx');
    await putManifest('c/changing', [{ path: '/segments/x' }, segment('a')]);
    expect((await swift.get('c/changing')).status).toBe(200);
    await swift.put('segments/x', 'yyy');
    expect((await swift.get('c/changing')).status).toBe(409);
    await swift.remove('segments/x');
    expect((await swift.get('c/changing')).status).toBe(409);
    expect((await swift.head('c/changing')).status).toBe(200);
  });

  it('stay what they are after a POST', async () => {
    await putManifest('c/posted', [segment('a')]);
    expect((await swift.post('c/posted', { 'x-object-meta-new': 'one', 'content-type': 'image/png' })).status).toBe(202);
    const { headers, text } = await swift.get('c/posted');
    expect([text, headers.get('x-object-meta-new'), headers.get('content-type'), headers.get('x-static-large-object')]).toEqual([contents.a, 'one', 'image/png', 'True']);
  });

  it('are copied as one object, or with multipart-manifest=get as a manifest', async () => {
    expect((await swift.send('COPY', 'c/ab', { headers: { destination: 'c/flat' } })).status).toBe(201);
    const flat = await swift.get('c/flat');
    expect([flat.text, flat.headers.get('etag'), flat.headers.has('x-static-large-object')]).toEqual([contents.a + contents.b, md5(contents.a + contents.b), false]);
    expect((await swift.send('COPY', 'c/ab?multipart-manifest=get', { headers: { destination: 'c/manifest' } })).status).toBe(201);
    const copied = await swift.get('c/manifest');
    expect([copied.text, copied.headers.get('etag'), copied.headers.get('content-type')]).toEqual([contents.a + contents.b, `"${etag}"`, 'text/ab']);
  });

  it('are put with a heartbeat: 202 first, the outcome in the body', async () => {
    const good = await putManifest('c/beat', [segment('a')], { accept: 'application/json' }, '&heartbeat=on');
    expect(good.status).toBe(202);
    expect(good.text).toMatch(/^ +\r\n\r\n/);
    expect(JSON.parse(good.text)).toMatchObject({ 'Response Status': '201 Created', 'Response Body': '', Etag: `"${md5(md5(contents.a))}"`, Errors: [] });
    const bad = await putManifest('c/beat2', [segment('a'), { path: 'none/such' }], {}, '&heartbeat=on');
    expect(bad.text.split('\n')).toEqual(expect.arrayContaining(['Response Status: 400 Bad Request', 'Response Body: Bad Request', 'none/such, 404 Not Found']));
    expect((await swift.head('c/beat2')).status).toBe(404);
  });

  it('give single parts', async () => {
    const second = await swift.get('c/ab?part-number=2');
    expect([second.status, second.text, second.headers.get('content-range'), second.headers.get('x-parts-count')]).toEqual([206, contents.b, 'bytes 100-299/300', '2']);
    const head = await swift.head('c/ab?part-number=1');
    expect([head.status, head.headers.get('content-length')]).toEqual([206, '100']);
    expect((await swift.get('c/ab?part-number=3')).status).toBe(416);
    expect((await swift.get('c/ab?part-number=0')).status).toBe(400);
    expect((await swift.get('segments/b?part-number=1')).status).toBe(200);
  });

  it('are deleted with all their segments, and can be deleted again', async () => {
    await swift.put('segments/d', 'ddd');
    await putManifest('c/inner', [{ path: '/segments/d' }]);
    await putManifest('c/outer', [{ path: '/c/inner' }, { data: 'YQ==' }]);
    const deleted = await swift.remove('c/outer?multipart-manifest=delete', { headers: { accept: 'application/json' } });
    expect(deleted.status).toBe(200);
    expect(JSON.parse(deleted.text)).toEqual({ 'Number Deleted': 3, 'Number Not Found': 0, 'Response Body': '', 'Response Status': '200 OK', Errors: [] });
    for (const path of ['c/outer', 'c/inner', 'segments/d']) expect((await swift.head(path)).status).toBe(404);
    const again = await swift.remove('c/outer?multipart-manifest=delete', { headers: { accept: 'application/json' } });
    expect(JSON.parse(again.text)).toMatchObject({ 'Number Not Found': 1, Errors: [] });
    const plain = await swift.remove('segments/a?multipart-manifest=delete', { headers: { accept: 'application/json' } });
    expect(JSON.parse(plain.text)).toMatchObject({ 'Response Status': '400 Bad Request', Errors: [['/segments/a', 'Not an SLO manifest']] });
  });

  it('are deleted asynchronously where all segments stand in one container', async () => {
    for (const name of ['e1', 'e2']) await swift.put(`segments/${name}`, name);
    await putManifest('c/async', [{ path: '/segments/e1' }, { path: '/segments/e2' }]);
    await swift.put('c/e3', 'e3');
    await putManifest('c/mixed', [{ path: '/segments/e1' }, { path: '/c/e3' }]);
    expect((await swift.remove('c/mixed?multipart-manifest=delete&async=on')).status).toBe(400);
    await putManifest('c/over', [{ path: '/c/async' }]);
    expect((await swift.remove('c/over?multipart-manifest=delete&async=on')).status).toBe(400);
    expect((await swift.remove('c/async?multipart-manifest=delete&async=on')).status).toBe(204);
    for (const path of ['c/async', 'segments/e1', 'segments/e2']) expect((await swift.head(path)).status).toBe(404);
    expect((await swift.head('c/e3')).status).toBe(200);
    expect(await storage.app.get(Expirer).expire(new AbortController().signal)).toBe(2);
  });

  it('do not lend access to segments that the reader may not read', async () => {
    await swift.put('public', '', { headers: { 'x-container-read': '.r:*' } });
    await putManifest('public/ab', [segment('a'), segment('b')]);
    expect((await swift.get('public/ab', { as: 'nobody' })).status).toBe(409);
    expect((await swift.get('public/ab')).status).toBe(200);
  });
});

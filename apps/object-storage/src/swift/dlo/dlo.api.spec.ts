import { useObjectStorage } from '../../testing/index.js';
import { md5, swiftAccount } from '../testing/index.js';

describe('dynamic large objects', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);

  beforeAll(async () => {
    await swift.put('c');
    for (const name of ['seg_1', 'seg_2', 'seg_3', 'other']) await swift.put(`c/${name}`, name.repeat(2));
    await swift.put('c/whole', 'the manifest', { headers: { 'x-object-manifest': 'c/seg_' } });
  });

  it('are the segments of the moment, in the order of names', async () => {
    const whole = await swift.get('c/whole');
    expect([whole.status, whole.text]).toEqual([200, 'seg_1seg_1seg_2seg_2seg_3seg_3']);
    expect(whole.headers.get('etag')).toBe(`"${md5(md5('seg_1seg_1') + md5('seg_2seg_2') + md5('seg_3seg_3'))}"`);
    expect(whole.headers.get('x-object-manifest')).toBe('c/seg_');
    const head = await swift.head('c/whole');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '30']);
    await swift.put('c/seg_0', '0');
    expect((await swift.get('c/whole')).text).toBe('0seg_1seg_1seg_2seg_2seg_3seg_3');
    await swift.remove('c/seg_0');
  });

  it('give one range, and all for several', async () => {
    const range = await swift.get('c/whole', { headers: { range: 'bytes=8-12' } });
    expect([range.status, range.text, range.headers.get('content-range')]).toEqual([206, '_1seg', 'bytes 8-12/30']);
    expect((await swift.get('c/whole', { headers: { range: 'bytes=-3' } })).text).toBe('g_3');
    expect((await swift.get('c/whole', { headers: { range: 'bytes=0-1,5-6' } })).status).toBe(200);
    expect((await swift.get('c/whole', { headers: { range: 'bytes=30-' } })).status).toBe(416);
  });

  it('show the manifest itself when asked', async () => {
    expect((await swift.get('c/whole?multipart-manifest=get')).text).toBe('the manifest');
  });

  it('are what every PUT and POST says anew', async () => {
    await swift.put('c/plain', 'plain');
    await swift.post('c/plain', { 'x-object-manifest': 'c/seg_3' });
    expect((await swift.get('c/plain')).text).toBe('seg_3seg_3');
    await swift.post('c/plain', {});
    expect((await swift.get('c/plain')).text).toBe('plain');
  });

  it('are copied as one object, or with multipart-manifest=get as a manifest', async () => {
    await swift.send('COPY', 'c/whole', { headers: { destination: 'c/flat' } });
    const flat = await swift.get('c/flat');
    expect([flat.text.length, flat.headers.has('x-object-manifest')]).toEqual([30, false]);
    await swift.send('COPY', 'c/whole?multipart-manifest=get', { headers: { destination: 'c/copied' } });
    expect((await swift.get('c/copied?multipart-manifest=get')).text).toBe('the manifest');
    expect((await swift.head('c/copied')).headers.get('x-object-manifest')).toBe('c/seg_');
  });

  it.each(['c', 'c/', '/c/seg', 'c//seg', 'c/seg?x', 'c/seg&x'])('refuses the manifest %s', async (manifest) => {
    expect((await swift.put('c/refused', '', { headers: { 'x-object-manifest': manifest } })).status).toBe(400);
  });

  it('may name a prefix that has to be encoded', async () => {
    await swift.put('c/p%C3%A4%2025%25/1', 'one');
    await swift.put('c/encoded', '', { headers: { 'x-object-manifest': 'c/p%C3%A4%2025%25/' } });
    expect((await swift.get('c/encoded')).text).toBe('one');
  });

  it('answer 404 where the segments have no container, and do not lend access to them', async () => {
    await swift.put('c/nowhere', '', { headers: { 'x-object-manifest': 'none/seg' } });
    expect((await swift.get('c/nowhere')).status).toBe(404);
    await swift.put('public', '', { headers: { 'x-container-read': '.r:*' } });
    await swift.put('public/whole', '', { headers: { 'x-object-manifest': 'c/seg_' } });
    expect((await swift.get('public/whole', { as: 'nobody' })).status).toBe(401);
  });
});

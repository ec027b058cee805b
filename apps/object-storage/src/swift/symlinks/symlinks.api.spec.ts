import { otherProject } from '@virga/testing';
import { useObjectStorage } from '../../testing/index.js';
import { demoAccount, md5, swiftAccount } from '../testing/index.js';

describe('symbolic links', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  const link = (path: string, target: string, headers: Record<string, string> = {}) => swift.put(path, '', { headers: { 'x-symlink-target': target, ...headers } });

  beforeAll(async () => {
    await swift.put('c');
    await swift.put('links');
    await swift.put('c/target', 'target body', { headers: { 'content-type': 'text/target', 'x-object-meta-colour': 'blue' } });
  });

  it('are read as what they lead to, and as themselves when asked', async () => {
    expect((await link('links/soft', 'c/target')).status).toBe(201);
    const read = await swift.get('links/soft');
    expect([read.status, read.text, read.headers.get('content-type'), read.headers.get('content-location')])
      .toEqual([200, 'target body', 'text/target', `/v1/${demoAccount}/c/target`]);
    expect((await swift.get('links/soft', { headers: { range: 'bytes=0-5' } })).text).toBe('target');
    const itself = await swift.get('links/soft?symlink=get');
    expect([itself.text, itself.headers.get('x-symlink-target'), itself.headers.get('content-type')]).toEqual(['', 'c/target', 'application/symlink']);
  });

  it('list where they lead', async () => {
    await link('links/soft', 'c/target');
    await link('links/hard', 'c/target', { 'x-symlink-target-etag': md5('target body') });
    const listing = await swift.json<Record<string, unknown>[]>('links?format=json');
    expect(listing.find(({ name }) => name === 'soft')).toMatchObject({ bytes: 0, symlink_path: `/v1/${demoAccount}/c/target`, content_type: 'application/symlink' });
    expect(listing.find(({ name }) => name === 'hard')).toMatchObject({ symlink_bytes: 11, symlink_etag: md5('target body'), content_type: 'text/target' });
  });

  it('that are static refuse what has changed since', async () => {
    await swift.put('c/changing', 'one');
    expect((await link('links/static', 'c/changing', { 'x-symlink-target-etag': md5('two') })).status).toBe(409);
    expect((await link('links/static', 'c/changing', { 'x-symlink-target-etag': `"${md5('one')}"` })).status).toBe(201);
    expect((await swift.get('links/static')).text).toBe('one');
    await swift.put('c/changing', 'two');
    const broken = await swift.get('links/static');
    expect([broken.status, broken.headers.get('content-location')]).toEqual([409, `/v1/${demoAccount}/c/changing`]);
    expect((await link('links/none', 'c/none', { 'x-symlink-target-etag': 'x' })).status).toBe(409);
  });

  it('may lead nowhere yet, but not round in circles', async () => {
    expect((await link('links/dangling', 'c/none')).status).toBe(201);
    const dangling = await swift.get('links/dangling');
    expect([dangling.status, dangling.headers.get('content-location')]).toEqual([404, `/v1/${demoAccount}/c/none`]);
    await link('links/one', 'links/two');
    await link('links/two', 'links/one');
    const loop = await swift.get('links/one');
    expect([loop.status, loop.text]).toEqual([409, 'Too many levels of symbolic links, maximum allowed is 2']);
    expect((await link('links/self', 'links/self')).status).toBe(400);
  });

  it.each([['c', 412], ['/c/o', 412], ['c/', 412]])('refuse the target %s with %i', async (target, status) => {
    expect((await link('links/bad', target)).status).toBe(status);
  });

  it('have no body', async () => {
    expect((await swift.put('links/body', 'bytes', { headers: { 'x-symlink-target': 'c/target' } })).status).toBe(400);
  });

  it('are deleted, copied and posted to as what they are', async () => {
    await link('links/soft', 'c/target');
    await swift.send('COPY', 'links/soft', { headers: { destination: 'links/copy' } });
    expect((await swift.get('links/copy?symlink=get')).headers.has('x-symlink-target')).toBe(false);
    await swift.send('COPY', 'links/soft?symlink=get', { headers: { destination: 'links/copied' } });
    expect((await swift.get('links/copied?symlink=get')).headers.get('x-symlink-target')).toBe('c/target');
    const posted = await swift.post('links/soft', { 'x-object-meta-of': 'link' });
    expect([posted.status, posted.headers.get('location')]).toEqual([307, `/v1/${demoAccount}/c/target`]);
    expect((await swift.head('links/soft?symlink=get')).headers.get('x-object-meta-of')).toBe('link');
    expect((await swift.head('c/target')).headers.has('x-object-meta-of')).toBe(false);
    expect((await swift.post('links/soft', { 'x-symlink-target': 'c/x' })).status).toBe(400);
    await swift.remove('links/soft');
    expect((await swift.head('c/target')).status).toBe(200);
  });

  it('lead into other accounts only for who may read there', async () => {
    const other = `AUTH_${otherProject}`;
    await swift.put(`/v1/${other}/theirs`, '', { as: 'bob' });
    await swift.put(`/v1/${other}/theirs/o`, 'of bob', { as: 'bob' });
    await link('links/abroad', 'theirs/o', { 'x-symlink-target-account': other });
    expect((await swift.get('links/abroad')).status).toBe(403);
    await swift.post(`/v1/${other}/theirs`, { 'x-container-read': '.r:*' }, { as: 'bob' });
    expect((await swift.get('links/abroad')).text).toBe('of bob');
  });
});

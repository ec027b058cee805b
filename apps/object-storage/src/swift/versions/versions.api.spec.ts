import { days, seconds } from '@virga/kernel';
import { useObjectStorage } from '../../testing/index.js';
import { demoAccount, md5, swiftAccount } from '../testing/index.js';
import { DELETE_MARKER_TYPE } from './object-versions.js';

interface Entry { name: string; version_id: string; is_latest: boolean; content_type: string; bytes: number; hash: string }

describe('containers that keep versions', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  let container = '';
  let count = 0;
  const versions = (query = '') => swift.json<Entry[]>(`${container}?versions&format=json${query}`);
  const put = async (name: string, body: string): Promise<string> => {
    storage.clock.advance(seconds(1));
    return (await swift.put(`${container}/${name}`, body)).headers.get('x-object-version-id') ?? '';
  };

  beforeEach(async () => {
    count += 1;
    container = `versioned${count}`;
    await swift.put(container, '', { headers: { 'x-versions-enabled': 'true' } });
  });

  it('say so, and can be told to stop', async () => {
    expect((await swift.head(container)).headers.get('x-versions-enabled')).toBe('True');
    await swift.post(container, { 'x-versions-enabled': 'false' });
    expect((await swift.head(container)).headers.get('x-versions-enabled')).toBe('False');
  });

  it('keep what is replaced under its id', async () => {
    const [one, two] = [await put('o', 'one'), await put('o', 'two2')];
    const current = await swift.get(`${container}/o`);
    expect([current.text, current.headers.get('x-object-version-id'), current.headers.get('content-location')])
      .toEqual(['two2', two, `/v1/${demoAccount}/${container}/o?version-id=${two}`]);
    expect((await swift.get(`${container}/o?version-id=${one}`)).text).toBe('one');
    expect(await versions()).toEqual([
      expect.objectContaining({ name: 'o', version_id: two, is_latest: true, bytes: 4, hash: md5('two2') }),
      expect.objectContaining({ name: 'o', version_id: one, is_latest: false, bytes: 3, hash: md5('one') }),
    ]);
    expect((await versions('&reverse=true')).map(({ version_id: id }) => id)).toEqual([one, two]);
    expect((await swift.head(container)).headers.get('x-container-bytes-used')).toBe('7');
  });

  it('mark what is deleted, also where nothing was', async () => {
    const one = await put('o', 'one');
    const deleted = await swift.remove(`${container}/o`);
    const marker = deleted.headers.get('x-object-version-id');
    expect(deleted.status).toBe(204);
    expect((await swift.get(`${container}/o`)).status).toBe(404);
    const read = await swift.get(`${container}/o?version-id=${marker}`);
    expect([read.status, read.headers.get('content-type')]).toEqual([404, DELETE_MARKER_TYPE]);
    const again = await swift.remove(`${container}/none`);
    expect([again.status, again.headers.has('x-object-version-id')]).toEqual([404, true]);
    expect((await versions()).map(({ name, is_latest: latest, content_type: type }) => [name, latest, type === DELETE_MARKER_TYPE]))
      .toEqual([['none', true, true], ['o', true, true], ['o', false, false]]);
    expect((await swift.remove(`${container}/o?version-id=${marker}`)).status).toBe(204);
    expect((await swift.get(`${container}/o`)).text).toBe('one');
    expect((await swift.get(`${container}/o?version-id=${one}`)).text).toBe('one');
  });

  it('delete single versions; without its latest one a name has no current object', async () => {
    const [one, two] = [await put('o', 'one'), await put('o', 'two')];
    const removed = await swift.remove(`${container}/o?version-id=${two}`);
    expect([removed.status, removed.headers.get('x-object-version-id'), removed.headers.get('x-object-current-version-id')]).toEqual([204, two, 'null']);
    expect((await swift.get(`${container}/o`)).status).toBe(404);
    expect(await versions()).toEqual([expect.objectContaining({ version_id: one, is_latest: false })]);
    await swift.remove(`${container}/o?version-id=${one}`);
    expect(await versions()).toEqual([]);
    expect((await swift.remove(container)).status).toBe(204);
  });

  it('make an older version the latest again', async () => {
    const [one, two] = [await put('o', 'one'), await put('o', 'two')];
    expect((await swift.put(`${container}/o?version-id=${one}`)).headers.get('x-object-version-id')).toBe(one);
    const current = await swift.get(`${container}/o`);
    expect([current.text, current.headers.get('x-object-version-id')]).toEqual(['one', one]);
    expect((await versions()).map(({ version_id: id, is_latest: latest }) => [id, latest])).toEqual([[two, false], [one, true]]);
    await swift.remove(`${container}/o?version-id=${one}`);
    expect((await swift.get(`${container}/o`)).status).toBe(404);
    expect((await versions()).map(({ version_id: id, is_latest: latest }) => [id, latest])).toEqual([[two, false]]);
    expect((await swift.put(`${container}/o?version-id=${one}`)).status).toBe(404);
    expect((await swift.put(`${container}/o?version-id=${two}`, 'body')).status).toBe(400);
  });

  it('keep old versions while no new ones are kept', async () => {
    const one = await put('o', 'one');
    await swift.post(container, { 'x-versions-enabled': 'false' });
    expect((await swift.put(`${container}/o`, 'null')).headers.has('x-object-version-id')).toBe(false);
    expect((await versions()).map(({ version_id: id, is_latest: latest }) => [id, latest])).toEqual([['null', true], [one, false]]);
    expect((await swift.get(`${container}/o?version-id=null`)).text).toBe('null');
    expect((await swift.remove(`${container}/o`)).status).toBe(204);
    expect((await versions()).map(({ version_id: id, is_latest: latest }) => [id, latest])).toEqual([[one, false]]);
    expect((await swift.remove(`${container}/o`)).status).toBe(404);
    expect((await swift.remove(container)).status).toBe(409);
  });

  it('page through versions forwards and backwards', async () => {
    const ids: Record<string, string[]> = {};
    for (const name of ['a', 'b', 'c-1', 'c-2']) ids[name] = [await put(name, '1'), await put(name, '2'), await put(name, '3')];
    const all = await versions();
    const read = async (reverse: string): Promise<Entry[]> => {
      const pages: Entry[] = [];
      for (let marker = ''; ;) {
        const page = await versions(`&limit=2${reverse}${marker}`);
        pages.push(...page);
        const last = page.at(-1);
        if (last === undefined) return pages;
        marker = `&marker=${last.name}&version_marker=${last.version_id}`;
      }
    };
    expect(await read('')).toEqual(all);
    expect(await read('&reverse=true')).toEqual(all.toReversed());
    expect((await versions('&prefix=c-')).length).toBe(6);
    expect(await versions('&delimiter=-')).toEqual([...all.slice(0, 6), { subdir: 'c-' }]);
    expect(await versions('&delimiter=-&reverse=true')).toEqual([{ subdir: 'c-' }, ...all.slice(0, 6).toReversed()]);
    expect((await versions('&marker=a')).length).toBe(9);
  });

  it.each([['?versions&version_marker=null', 400], ['?versions&delimiter=1', 400], ['/o?version-id=soon', 400]])('refuse %s with %i', async (path, status) => {
    await put('o', 'one');
    expect((await swift.get(`${container}${path}`)).status).toBe(status);
  });

  it('copy a version into a new one, and change only the current one by POST', async () => {
    const one = await put('o', 'one');
    await put('o', 'two');
    const copied = await swift.send('COPY', `${container}/o?version-id=${one}`, { headers: { destination: `${container}/o` } });
    expect(copied.headers.get('x-object-version-id')).not.toBe(one);
    expect((await swift.get(`${container}/o`)).text).toBe('one');
    expect((await swift.post(`${container}/o`, { 'x-object-meta-new': 'yes' })).status).toBe(202);
    expect(await versions()).toHaveLength(3);
    expect((await swift.post(`${container}/o?version-id=${one}`, {})).status).toBe(400);
  });

  it('do not remove what S3’s object lock holds, and lock what a locked bucket is given', async () => {
    const found = (await storage.containers.find(demoAccount, container))!;
    await storage.containers.change(found.id, { settings: { objectLock: { defaultRetention: { mode: 'COMPLIANCE', days: 1 } } } });
    const one = await put('o', 'held');
    expect((await swift.remove(`${container}/o?version-id=${one}`)).status).toBe(403);
    expect((await swift.get(`${container}/o`)).text).toBe('held');
    expect((await swift.post(container, { 'x-versions-enabled': 'false' })).status).toBe(400);
    storage.clock.advance(days(2));
    expect((await swift.remove(`${container}/o?version-id=${one}`)).status).toBe(204);
  });

  it('show versions by id to owners only', async () => {
    const one = await put('o', 'one');
    await swift.post(container, { 'x-container-read': '*:*' });
    expect((await swift.get(`${container}/o`, { as: 'bob' })).status).toBe(200);
    expect((await swift.get(`${container}/o?version-id=${one}`, { as: 'bob' })).status).toBe(403);
  });
});

describe('containers with an archive', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  const archived = async (): Promise<string[]> => (await swift.get('archive')).text.split('\n').filter((name) => name !== '');
  const put = (body: string) => {
    storage.clock.advance(seconds(1));
    return swift.put('c/o', body, { headers: { 'content-type': `text/${body}`, 'x-object-meta-is': body } });
  };
  const remove = () => {
    storage.clock.advance(seconds(1));
    return swift.remove('c/o');
  };

  beforeEach(async () => {
    await swift.put('archive');
    await swift.put('c');
  });

  afterEach(async () => {
    await swift.post('c', { 'x-remove-versions-location': 'x' });
    for (const container of ['c', 'archive']) {
      for (const name of (await swift.get(container)).text.split('\n')) if (name !== '') await swift.remove(`${container}/${encodeURIComponent(name)}`);
      await swift.remove(container);
    }
  });

  it('give back what was replaced, one by one (stack)', async () => {
    await swift.post('c', { 'x-versions-location': 'archive' });
    expect((await swift.head('c')).headers.get('x-versions-location')).toBe('archive');
    for (const body of ['one', 'two', 'three']) expect((await put(body)).status).toBe(201);
    expect(await archived()).toEqual([expect.stringMatching(/^001o\/\d{10}\.\d{5}$/), expect.stringMatching(/^001o\//)]);
    for (const body of ['two', 'one']) {
      expect((await remove()).status).toBe(204);
      const { text, headers } = await swift.get('c/o');
      expect([text, headers.get('content-type'), headers.get('x-object-meta-is')]).toEqual([body, `text/${body}`, body]);
    }
    expect(await archived()).toEqual([]);
    expect([(await remove()).status, (await swift.get('c/o')).status]).toEqual([204, 404]);
    expect((await remove()).status).toBe(404);
  });

  it('keep what was replaced and when it was deleted (history)', async () => {
    await swift.post('c', { 'x-history-location': 'archive' });
    expect((await swift.head('c')).headers.get('x-history-location')).toBe('archive');
    await put('one');
    await put('two');
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(404);
    const listing = await swift.json<{ content_type: string }[]>('archive?format=json');
    expect(listing.map(({ content_type: type }) => type)).toEqual(['text/one', 'text/two', DELETE_MARKER_TYPE, DELETE_MARKER_TYPE]);
    await swift.post('c', { 'x-versions-location': 'archive' });
    // The two markers, then what was current before the first.
    expect((await remove()).status).toBe(204);
    expect((await remove()).status).toBe(204);
    expect((await swift.get('c/o')).text).toBe('two');
  });

  it('refuse writes while the archive is missing', async () => {
    await swift.post('c', { 'x-versions-location': 'nowhere' });
    expect((await put('one')).status).toBe(201);
    expect((await put('two')).status).toBe(412);
    expect((await swift.get('c/o')).text).toBe('one');
  });

  it('have one mode, and no versions of their own', async () => {
    expect((await swift.post('c', { 'x-versions-location': 'a', 'x-history-location': 'b' })).status).toBe(400);
    expect((await swift.post('c', { 'x-versions-location': 'a/b' })).status).toBe(412);
    await swift.post('c', { 'x-versions-location': 'archive' });
    expect((await swift.post('c', { 'x-versions-enabled': 'true' })).status).toBe(400);
    await swift.post('c', { 'x-history-location': 'archive' });
    const { headers } = await swift.head('c');
    expect([headers.has('x-versions-location'), headers.get('x-history-location')]).toEqual([false, 'archive']);
    await swift.post('c', { 'x-versions-location': '' });
    expect((await swift.head('c')).headers.has('x-history-location')).toBe(false);
  });
});

import { useObjectStorage } from '../../testing/index.js';
import { demoAccount, swiftAccount } from '../testing/index.js';

describe('a container as a web site', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  const visit = (path: string) => swift.get(path, { as: 'nobody' });
  const site = (name: string, meta: Record<string, string>, read = '.r:*,.rlistings') => swift.put(name, '', {
    headers: { 'x-container-read': read, ...Object.fromEntries(Object.entries(meta).map(([option, value]) => [`x-container-meta-web-${option}`, value])) },
  });

  beforeAll(async () => {
    await site('site', { index: 'index.html', error: 'error.html', listings: 'true', 'listings-css': 'style.css' });
    await swift.put('site/index.html', 'welcome', { headers: { 'content-type': 'text/html' } });
    await swift.put('site/404error.html', 'our own page');
    await swift.put('site/sub/index.html', 'below');
    await swift.put('site/files/a%20%3C%26%3E', 'x'.repeat(2000));
    await swift.put('site/files/deep/b', 'b');
    await swift.put('site/marked', '', { headers: { 'content-type': 'application/directory' } });
    await swift.put('site/marked/index.html', 'of the marker');
  });

  it('shows index objects for directories', async () => {
    expect((await visit('site/')).text).toBe('welcome');
    expect((await visit('site/sub/')).text).toBe('below');
    expect((await visit('site/index.html')).text).toBe('welcome');
  });

  it.each(['site', 'site/sub', 'site/files', 'site/marked'])('leads visitors of %s to the path with a slash', async (path) => {
    const answer = await visit(path);
    expect([answer.status, answer.headers.get('location')]).toEqual([301, `${storage.url}/v1/${demoAccount}/${path}/`]);
  });

  it('lists directories without an index', async () => {
    const { status, headers, text } = await visit('site/files/');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    expect(text).toContain(`Listing of /v1/${demoAccount}/site/files/`);
    expect(text).toContain('<a href="a%20%3C%26%3E">a &lt;&amp;&gt;</a></td><td class="colsize">2Ki</td>');
    expect(text).toContain('<a href="deep/">deep/</a>');
    expect(text).toContain('<link rel="stylesheet" type="text/css" href="../style.css" />');
    expect(text).not.toContain('deep/b');
    const head = await swift.head('site/files/', { as: 'nobody' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(Buffer.byteLength(text))]);
  });

  it('shows the owner’s page for what is not there', async () => {
    const missing = await visit('site/none');
    expect([missing.status, missing.text]).toEqual([404, 'our own page']);
    expect((await visit('site/none/')).status).toBe(404);
  });

  it('says that listings are off where the owner wants none', async () => {
    await site('quiet', { listings: 'false', index: 'index.html' });
    await swift.put('quiet/dir/o', 'x');
    const answer = await visit('quiet/dir/');
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('Web Listing Disabled')]);
    expect((await visit('quiet/dir/o')).text).toBe('x');
  });

  it('may call itself otherwise', async () => {
    await site('labelled', { listings: 'true', 'listings-label': 'example.com' });
    await swift.put('labelled/d/o', 'x');
    expect((await visit('labelled/d/')).text).toContain('Listing of example.com/d/');
  });

  it('shows nothing that its ACL hides', async () => {
    await site('private', { index: 'index.html', listings: 'true' }, '');
    await swift.put('private/index.html', 'hidden');
    for (const path of ['private', 'private/', 'private/index.html', 'private/none']) expect((await visit(path)).status).toBe(401);
    await site('unlisted', { listings: 'true' }, '.r:*');
    await swift.put('unlisted/d/o', 'x');
    expect((await visit('unlisted/')).status).toBe(401);
    expect((await visit('unlisted/d/')).status).toBe(401);
  });

  it('is a plain container for owners, unless they ask for the site', async () => {
    expect((await swift.get('site')).text).toContain('index.html\n');
    expect((await swift.get('site/sub/')).status).toBe(404);
    expect((await swift.get('site/sub/', { headers: { 'x-web-mode': 'true' } })).text).toBe('below');
    await swift.put('plain');
    expect((await swift.get('plain', { headers: { 'x-web-mode': 'true' } })).status).toBe(404);
    expect((await swift.get('plain')).status).toBe(204);
  });
});

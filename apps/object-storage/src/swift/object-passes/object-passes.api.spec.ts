import { issueObjectPass, type ObjectPass } from '@virga/contracts-object-storage';
import { MasterKey } from '@virga/identity-client';
import { hours } from '@virga/kernel';
import { useObjectStorage } from '../../testing/index.js';
import { demoAccount, swiftAccount } from '../testing/index.js';

describe('passes of other services', () => {
  const storage = useObjectStorage();
  const swift = swiftAccount(storage);
  const key = new MasterKey(Buffer.alloc(32, 7)).derive('object pass');
  const pass = (changed: Partial<ObjectPass> = {}) =>
    issueObjectPass(key, { account: demoAccount, container: 'backups', prefix: 'mine/', purpose: 'write', ...changed }, storage.clock.now(), hours(1));
  const nobody = { as: 'nobody' } as const;

  it('let their holder write, read and delete the objects of a prefix, and make the container', async () => {
    expect((await swift.put(`backups/mine/1?${pass()}`, 'bytes', nobody)).status).toBe(201);
    expect((await swift.get(`backups/mine/1?${pass({ purpose: 'read' })}`, nobody)).text).toBe('bytes');
    expect((await swift.get('backups/mine/1')).text).toBe('bytes');
    expect((await swift.remove(`backups/mine/1?${pass()}`, nobody)).status).toBe(204);
    expect((await swift.get(`backups/mine/1?${pass()}`, nobody)).status).toBe(404);
  });

  it('open nothing else', async () => {
    await swift.put('backups');
    await swift.put('backups/theirs', 'secret');
    await swift.put('backups/mine/2', 'mine');
    await swift.put('elsewhere');
    await swift.put('elsewhere/mine/1', 'secret');
    const refused = [
      await swift.get(`backups/theirs?${pass()}`, nobody),
      await swift.get(`elsewhere/mine/1?${pass()}`, nobody),
      await swift.get(`backups?${pass()}`, nobody),
      await swift.remove(`backups/mine/2?${pass({ purpose: 'read' })}`, nobody),
      await swift.put(`backups/mine/2?${pass({ purpose: 'read' })}`, 'other', nobody),
      await swift.put(`backups/mine/3?${pass()}`, '', { ...nobody, headers: { 'x-copy-from': 'backups/theirs' } }),
      await swift.put(`backups/mine/3?${pass()}`, '', { ...nobody, headers: { 'x-object-manifest': 'backups/theirs' } }),
      await swift.put(`backups/mine/3?${pass()}&multipart-manifest=put`, '[{"path":"backups/theirs"}]', nobody),
      await swift.send('POST', `backups/mine/2?${pass()}`, nobody),
      await swift.get(`backups/mine/2?${pass().replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`, nobody),
      await swift.get('backups/mine/2?virga_pass=', nobody),
      await swift.get('backups/mine/2?virga_pass=write.99999999999999.bWluZS8.00', nobody),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 401));
    expect((await swift.get('backups/mine/2')).text).toBe('mine');
  });

  it('end when their time has passed', async () => {
    const early = pass();
    storage.clock.advance(hours(1));
    expect((await swift.get(`backups/mine/2?${early}`, nobody)).status).toBe(401);
  });
});

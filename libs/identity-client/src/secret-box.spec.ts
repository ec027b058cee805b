import { randomBytes } from 'node:crypto';
import { MasterKey, SecretBox } from './secret-box.js';

describe('SecretBox', () => {
  const masterKey = new MasterKey(randomBytes(32));
  const box = new SecretBox(masterKey, 'test');

  it('opens what it sealed, and seals the same secret differently each time', () => {
    const [one, two] = [box.seal('secret', 'row-1'), box.seal('secret', 'row-1')];
    expect(box.open(one, 'row-1').toString()).toBe('secret');
    expect(one.equals(two)).toBe(false);
    expect(one.includes('secret')).toBe(false);
  });

  it('refuses another context, purpose, master key, or a changed byte', () => {
    const sealed = box.seal('secret', 'row-1');
    const changed = Buffer.from(sealed);
    changed[changed.length - 1]! ^= 1;
    expect(() => box.open(sealed, 'row-2')).toThrow(/does not open/);
    expect(() => box.open(changed, 'row-1')).toThrow(/does not open/);
    expect(() => box.open(sealed.subarray(0, 10), 'row-1')).toThrow(/does not open/);
    expect(() => new SecretBox(masterKey, 'other').open(sealed, 'row-1')).toThrow(/does not open/);
    expect(() => new SecretBox(new MasterKey(randomBytes(32)), 'test').open(sealed, 'row-1')).toThrow(/does not open/);
  });

  it('takes only a master key of 32 bytes', () => {
    expect(() => new MasterKey(randomBytes(16))).toThrow(/16 bytes/);
  });
});

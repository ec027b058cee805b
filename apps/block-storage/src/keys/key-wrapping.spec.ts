import { MasterKey, SecretBox } from '@virga/identity-client';
import { newWrappedKey, unwrapKey, VOLUME_KEYS } from './key-wrapping.js';

describe('the passphrase of an encrypted volume', () => {
  const box = new SecretBox(new MasterKey(Buffer.alloc(32, 7)), VOLUME_KEYS);

  it('is random, and opens only for its own row', () => {
    const [one, two] = [newWrappedKey(box, 'one'), newWrappedKey(box, 'two')];
    expect(unwrapKey(box, 'one', one)).toMatch(/^[0-9a-f]{64}$/);
    expect(unwrapKey(box, 'two', two)).not.toBe(unwrapKey(box, 'one', one));
    expect(() => unwrapKey(box, 'two', one)).toThrow('does not open');
    expect(one.includes(unwrapKey(box, 'one', one))).toBe(false);
  });

  it('does not open with another installation\'s master key', () => {
    const other = new SecretBox(new MasterKey(Buffer.alloc(32, 8)), VOLUME_KEYS);
    expect(() => unwrapKey(other, 'one', newWrappedKey(box, 'one'))).toThrow('does not open');
  });
});

import { hostCredentialsKey, openCredentials, sealCredentials } from './sealed-credentials.js';

describe('sealed credentials', () => {
  const secret = Buffer.alloc(32, 7);
  const credentials = { key: 'AQ==', passphrase: 'words' };

  it('are opened by their host for their purpose', () => {
    const key = hostCredentialsKey(secret, 'node-1');

    expect(openCredentials(sealCredentials(credentials, key, 'user image'), key, 'user image')).toEqual(credentials);
  });

  it('are opened by no other host, for no other purpose, and not when they were changed', () => {
    const key = hostCredentialsKey(secret, 'node-1');
    const sealed = sealCredentials(credentials, key, 'user image');
    const changed = `${sealed.slice(0, 10)}${sealed[10] === 'A' ? 'B' : 'A'}${sealed.slice(11)}`;

    expect(() => openCredentials(sealed, hostCredentialsKey(secret, 'node-2'), 'user image')).toThrow('another host');
    expect(() => openCredentials(sealed, key, 'user other')).toThrow('another host');
    expect(() => openCredentials(changed, key, 'user image')).toThrow('another host');
    expect(() => openCredentials('v0.AAAA', key, 'user image')).toThrow('no sealed credentials');
    expect(sealed).not.toContain('words');
  });
});

import { hostStorageKey, isVolumeKeyRequest, openPassphrase, sealPassphrase, VOLUME_KEY_SKEW, volumeKeySignature } from './volume-key.js';

describe('asking for a volume\'s key', () => {
  const [mine, theirs] = ['node-1', 'node-2'].map((host) => hostStorageKey('secret', host)) as [string, string];
  const request = { host: 'node-1', keyId: 'k', time: 1_000_000_000 };
  const now = request.time as never;

  it('is believed in the host\'s own name, for this key, and for a while', () => {
    const signature = volumeKeySignature(mine, request);
    expect(isVolumeKeyRequest(mine, request, signature, now)).toBe(true);
    expect(isVolumeKeyRequest(theirs, { ...request, host: 'node-2' }, signature, now)).toBe(false);
    expect(isVolumeKeyRequest(mine, { ...request, keyId: 'l' }, signature, now)).toBe(false);
    expect(isVolumeKeyRequest(mine, { ...request, time: request.time + 1 }, signature, now)).toBe(false);
    expect(isVolumeKeyRequest(mine, request, signature, (request.time + VOLUME_KEY_SKEW + 1) as never)).toBe(false);
    for (const none of ['', 'zz', signature.slice(2)]) expect(isVolumeKeyRequest(mine, request, none, now)).toBe(false);
  });

  it('is answered so that only the asker can read it, and only as the answer to this', () => {
    const sealed = sealPassphrase(mine, request, 'open sesame');
    expect(Buffer.from(sealed, 'base64').includes('sesame')).toBe(false);
    expect(openPassphrase(mine, request, sealed)).toBe('open sesame');
    expect(() => openPassphrase(theirs, request, sealed)).toThrow();
    expect(() => openPassphrase(mine, { ...request, keyId: 'l' }, sealed)).toThrow();
    expect(() => openPassphrase(mine, request, '')).toThrow();
  });
});

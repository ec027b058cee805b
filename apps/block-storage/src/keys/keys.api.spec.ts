import { randomUUID } from 'node:crypto';
import {
  hostStorageKey, openPassphrase, VOLUME_KEY_HEADERS, volumeKeyPath, volumeKeySignature, type VolumeKeyReply, type VolumeKeyRequest,
} from '@virga/contracts-block-storage';
import { minutes } from '@virga/kernel';
import type { ApiAnswer } from '@virga/testing';
import { STORAGE_SECRET, useBlockStorageWorld } from '../testing/index.js';

const LUKS = { provider: 'luks', control_location: 'front-end', cipher: 'aes-xts-plain64', key_size: 256 };

describe('encrypted volumes', () => {
  const world = useBlockStorageWorld();

  const encryptedType = async (encryption: object = LUKS): Promise<string> => {
    const { volume_type: { id, name } } = await world().api<{ volume_type: { id: string; name: string } }>('POST', '/types', { volume_type: { name: randomUUID() } }, { as: 'admin' });
    await world().api('POST', `/types/${id}/encryption`, { encryption }, { as: 'admin' });
    return name;
  };
  const keyOf = async (volume: string): Promise<string | null> => (await world().database.sql<{ key_id: string | null }>`SELECT key_id FROM volume WHERE id = ${volume}`)[0]?.key_id ?? null;
  const requestOf = (host: string, keyId: string): VolumeKeyRequest => ({ host, keyId, time: world().clock.now() });

  /** As the storage host `signer` would ask, in the name of `request.host`. */
  const ask = (request: VolumeKeyRequest, signer = request.host): Promise<ApiAnswer> => world().request({
    method: 'GET', url: volumeKeyPath(request.keyId),
    headers: {
      [VOLUME_KEY_HEADERS.host]: request.host, [VOLUME_KEY_HEADERS.time]: String(request.time),
      [VOLUME_KEY_HEADERS.signature]: volumeKeySignature(hostStorageKey(STORAGE_SECRET, signer), request),
    },
  });
  const passphrase = async (host: string, keyId: string): Promise<string> => {
    const request = requestOf(host, keyId);
    const answer = await ask(request);
    expect(answer.status).toBe(200);
    return openPassphrase(hostStorageKey(STORAGE_SECRET, host), request, (answer.body as VolumeKeyReply).sealed);
  };

  it('have a passphrase of their own, which is nowhere in clear', async () => {
    const type = await encryptedType();
    const [one, two] = [await world().availableVolume({ volume_type: type }), await world().availableVolume({ volume_type: type })];
    expect(await world().volume(one)).toMatchObject({ status: 'available', encrypted: true });
    const [first, second] = [await keyOf(one) ?? '', await keyOf(two) ?? ''];
    const words = [await passphrase('node-1', first), await passphrase('node-1', second)];
    expect(words[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(words[1]).not.toBe(words[0]);
    expect(await passphrase('node-1', first)).toBe(words[0]);
    for (const word of words) {
      const found = await world().database.sql`SELECT FROM volume_key WHERE position(${Buffer.from(word ?? '')} IN wrapped) > 0`;
      expect(found).toEqual([]);
    }
  });

  it('of plain types have none', async () => {
    const id = await world().availableVolume();
    expect(await world().volume(id)).toMatchObject({ encrypted: false });
    expect(await keyOf(id)).toBeNull();
  });

  it('share it with what is made from them', async () => {
    const type = await encryptedType();
    const id = await world().availableVolume({ volume_type: type, size: 1 });
    const clone = await world().availableVolume({ source_volid: id, size: 2 });
    expect(await world().volume(clone)).toMatchObject({ status: 'available', encrypted: true, volume_type: type });
    expect(await keyOf(clone)).toBe(await keyOf(id));
    expect((await world().try('POST', '/volumes', { volume: { source_volid: id, volume_type: '__DEFAULT__' } })).status).toBe(400);
    const plain = await world().availableVolume();
    expect((await world().try('POST', '/volumes', { volume: { source_volid: plain, volume_type: type } })).status).toBe(400);
  });

  it('tell it to their own host only, and only where it signs', async () => {
    await world().cloud.addHost('node-2');
    await world().settled();
    const id = await world().createVolume({ volume_type: await encryptedType() });
    await world().settled();
    const { 'os-vol-host-attr:host': pool } = await world().volume(id) as { 'os-vol-host-attr:host': string };
    const mine = pool.split('@')[0] ?? '';
    const other = mine === 'node-1' ? 'node-2' : 'node-1';
    const key = await keyOf(id) ?? '';
    expect((await ask(requestOf(other, key))).status).toBe(404);
    expect((await ask(requestOf(mine, randomUUID()))).status).toBe(404);
    expect((await ask(requestOf(mine, 'nonsense'))).status).toBe(404);
    expect((await ask(requestOf(mine, key), other)).status).toBe(401);
    expect((await ask({ ...requestOf(mine, key), time: world().clock.now() - minutes(6) })).status).toBe(401);
    expect((await world().request({ method: 'GET', url: volumeKeyPath(key) })).status).toBe(401);
    expect((await world().request({ as: 'admin', method: 'GET', url: volumeKeyPath(key) })).status).toBe(401);
  });

  it('tell it to the host that they move to, for as long as they do', async () => {
    const id = await world().availableVolume({ volume_type: await encryptedType() });
    await world().cloud.addHost('node-2');
    await world().settled();
    const key = await keyOf(id) ?? '';
    expect((await ask(requestOf('node-2', key))).status).toBe(404);
    await world().database.sql`INSERT INTO volume_migration (id, volume_id, source_backend, target_backend) VALUES (gen_random_uuid(), ${id}, 'node-1@file', 'node-2@file')`;
    expect((await ask(requestOf('node-2', key))).status).toBe(200);
    await world().database.sql`UPDATE volume_migration SET ended_at = now()`;
    expect((await ask(requestOf('node-2', key))).status).toBe(404);
  });

  it.each([
    { ...LUKS, provider: 'plain' }, { ...LUKS, control_location: 'back-end' }, { ...LUKS, cipher: 'serpent' }, { ...LUKS, key_size: 128 },
  ])('cannot be made as %p', async (encryption) => {
    const answer = await world().try('POST', '/volumes', { volume: { size: 1, volume_type: await encryptedType(encryption) } });
    expect(answer).toMatchObject({ status: 400, body: { badRequest: { message: expect.stringContaining('cannot be encrypted') } } });
    expect(await world().count('volume_key')).toBe(0);
  });

  it('take their key with them when the last of them goes', async () => {
    const id = await world().availableVolume({ volume_type: await encryptedType() });
    const clone = await world().availableVolume({ source_volid: id });
    const remove = async (volume: string): Promise<void> => {
      await world().try('DELETE', `/volumes/${volume}`);
      await world().settled();
      await world().reconcile('volume-keys');
    };
    await remove(id);
    expect(await world().count('volume_key')).toBe(1);
    expect(await passphrase('node-1', await keyOf(clone) ?? '')).toMatch(/^[0-9a-f]{64}$/);
    await remove(clone);
    expect(await world().count('volume_key')).toBe(0);
    expect(await keyOf(clone)).toBeNull();
  });
});

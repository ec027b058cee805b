import { IMAGE, useBlockStorageWorld } from '../../testing/index.js';

describe('actions on volumes', () => {
  const world = useBlockStorageWorld();
  const act = async (id: string, body: object, as = 'alice') => world().act(id, body, { as });

  it('say whether servers can boot from a volume', async () => {
    const id = await world().availableVolume();
    for (const bootable of [true, 'False', 'on'] as const) {
      expect((await act(id, { 'os-set_bootable': { bootable } })).status).toBe(200);
      expect(await world().volume(id)).toMatchObject({ bootable: bootable === 'False' ? 'false' : 'true' });
    }
    expect((await act(id, { 'os-set_bootable': { bootable: 'perhaps' } })).status).toBe(400);
    expect((await act(id, { 'os-set_bootable': {} })).status).toBe(400);
  });

  it('make a volume read only, and writable again, which its metadata shows', async () => {
    const id = await world().availableVolume({ metadata: { mine: '1' } });
    for (const readonly of [true, false]) {
      expect((await act(id, { 'os-update_readonly_flag': { readonly } })).status).toBe(202);
      expect(await world().volume(id)).toMatchObject({ metadata: { mine: '1', readonly: readonly ? 'True' : 'False' } });
    }
    await act(id, { 'os-reset_status': { status: 'maintenance' } }, 'admin');
    expect((await act(id, { 'os-update_readonly_flag': { readonly: true } })).status).toBe(400);
  });

  it('let operators say what a volume is', async () => {
    const id = await world().availableVolume();
    for (const status of ['error', 'available', 'maintenance', 'creating', 'attaching']) {
      expect((await act(id, { 'os-reset_status': { status } }, 'admin')).status).toBe(202);
      expect(await world().status(id)).toBe(status);
    }
    expect((await act(id, { 'os-reset_status': { status: 'in-use' } }, 'admin')).status).toBe(400);
    expect((await act(id, { 'os-reset_status': { status: 'deleting' } }, 'admin')).status).toBe(400);
    expect((await act(id, { 'os-reset_status': {} }, 'admin')).status).toBe(400);
    expect((await act(id, { 'os-reset_status': { migration_status: 'Error' } }, 'admin')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ migration_status: 'error', 'os-vol-mig-status-attr:migstat': 'error' });
    expect((await act(id, { 'os-reset_status': { migration_status: 'none' } }, 'admin')).status).toBe(202);
    expect(await world().volume(id)).toMatchObject({ migration_status: null });
    expect((await act(id, { 'os-reset_status': { status: 'error' } })).status).toBe(403);
  });

  it.each(['creating', 'attaching', 'error', 'maintenance'])('delete a volume that is %s by force', async (status) => {
    const id = await world().availableVolume();
    await act(id, { 'os-reset_status': { status } }, 'admin');
    expect((await act(id, { 'os-force_delete': {} })).status).toBe(403);
    expect((await act(id, { 'os-force_delete': {} }, 'admin')).status).toBe(202);
    await world().settled();
    expect(await world().status(id)).toBe('deleted');
    expect(await world().cloud.volumes()).toEqual([]);
  });

  it('change what is kept of an image\'s metadata', async () => {
    const id = await world().availableVolume({ imageRef: IMAGE });
    expect((await act(id, { 'os-set_image_metadata': { metadata: { kernel_id: 'k', ramdisk_id: 'r' } } })).body).toMatchObject({
      metadata: { image_id: IMAGE, kernel_id: 'k', ramdisk_id: 'r' },
    });
    expect((await act(id, { 'os-unset_image_metadata': { key: 'ramdisk_id' } })).status).toBe(200);
    expect((await act(id, { 'os-unset_image_metadata': { key: 'ramdisk_id' } })).status).toBe(404);
    const { body } = await act(id, { 'os-show_image_metadata': {} });
    expect(body).toMatchObject({ metadata: { kernel_id: 'k' } });
    expect(body).not.toMatchObject({ metadata: { ramdisk_id: expect.anything() } });
    expect(await world().volume(id)).toMatchObject({ volume_image_metadata: { kernel_id: 'k' } });
    const blank = await world().availableVolume();
    expect((await act(blank, { 'os-show_image_metadata': null })).body).toEqual({ metadata: {} });
  });

  it('tell that a volume is not encrypted', async () => {
    const id = await world().availableVolume();
    expect(await world().api('GET', `/volumes/${id}/encryption`)).toEqual({ encryption_key_id: null });
    expect((await world().try('GET', `/volumes/${id}/encryption/cipher`)).status).toBe(404);
  });

  it('are not for volumes of other projects, nor for bodies with two of them', async () => {
    const id = await world().availableVolume();
    expect((await act(id, { 'os-set_bootable': { bootable: true } }, 'bob')).status).toBe(404);
    expect((await act(id, { 'os-set_bootable': { bootable: true }, 'os-update_readonly_flag': { readonly: true } })).status).toBe(400);
    expect((await act(id, { 'os-fly': {} })).status).toBe(400);
    expect((await act(id, { 'os-set_bootable': { bootable: true } }, 'reader')).status).toBe(403);
  });
});

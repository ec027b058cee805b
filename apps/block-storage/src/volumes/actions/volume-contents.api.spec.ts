import { minutes, seconds } from '@virga/kernel';
import { anImage, IMAGE, useBlockStorageWorld } from '../../testing/index.js';
import { VolumesOnHosts } from '../volume-on-host.fixture.js';

const OTHER = '33333333-3333-4333-8333-333333333333';

describe('what goes into volumes and comes out of them', () => {
  const world = useBlockStorageWorld();
  const hosts = (): VolumesOnHosts => new VolumesOnHosts(world());

  describe('making an image of a volume', () => {
    const upload = (id: string, body: object = {}, options: { as?: string; version?: string } = {}) =>
      world().act(id, { 'os-volume_upload_image': { image_name: 'of mine', ...body } }, options);
    const imageOf = (answer: { body: unknown }): string => (answer.body as { 'os-volume_upload_image': { image_id: string } })['os-volume_upload_image'].image_id;

    it('answers an image that is there, and lets the host write it', async () => {
      const id = await world().availableVolume({ description: 'mine', imageRef: IMAGE });
      await world().act(id, { 'os-set_image_metadata': { metadata: { hw_disk_bus: 'scsi', min_ram: '64' } } });
      const answer = await upload(id, { disk_format: 'qcow2', visibility: 'private' });
      const imageId = imageOf(answer);
      expect(answer).toMatchObject({
        status: 202,
        body: {
          'os-volume_upload_image': {
            id, status: 'uploading', display_description: 'mine', size: 1, image_name: 'of mine', disk_format: 'qcow2', container_format: 'bare', visibility: 'private',
            protected: false, volume_type: { name: '__DEFAULT__' },
          },
        },
      });
      expect(world().cloud.images.get(imageId)).toMatchObject({ status: 'queued', name: 'of mine', diskFormat: 'qcow2', minRamMebibytes: 64, properties: { hw_disk_bus: 'scsi' } });
      expect(await world().status(id)).toBe('uploading');
      await world().settled();
      expect(await world().status(id)).toBe('available');
      expect(world().cloud.host().tasks.get(imageId)).toMatchObject({
        type: 'block-storage.agent.upload-volume', body: { volumeId: id, imageId, diskFormat: 'qcow2', ticket: expect.stringMatching(/^\d+\.[0-9a-f]{64}$/) },
      });
    });

    it('knows visibility and protection since 3.1', async () => {
      const id = await world().availableVolume();
      expect((await upload(id, { visibility: 'private' }, { version: '3.0' })).status).toBe(400);
      const answer = await upload(id, {}, { version: '3.0' });
      expect(answer.status).toBe(202);
      expect(answer.body).not.toHaveProperty(['os-volume_upload_image', 'visibility']);
      expect((await upload(await world().availableVolume(), { visibility: 'public' })).status).toBe(403);
      expect((await upload(await world().availableVolume({}, 'admin'), { visibility: 'public' }, { as: 'admin' })).status).toBe(202);
    });

    it.each([{ disk_format: 'vmdk' }, { container_format: 'ova' }, { disk_format: 'floppy' }, { image_name: '' }])('refuses %j', async (body) => {
      const id = await world().availableVolume();
      expect((await upload(id, body)).status).toBe(400);
      expect(await world().status(id)).toBe('available');
    });

    it('takes the image back where the host cannot write it', async () => {
      const id = await world().availableVolume();
      world().cloud.host().refusals.set('block-storage.agent.upload-volume', { code: 'driver.refused', message: 'The disk is broken.', isFinal: true });
      const imageId = imageOf(await upload(id));
      await world().settled();
      expect(await world().status(id)).toBe('available');
      expect(world().cloud.images.has(imageId)).toBe(false);
      expect((await world().api<{ messages: unknown[] }>('GET', `/messages?resource_uuid=${id}`)).messages).toMatchObject([{ event_id: 'VOLUME_VOLUME_003_004' }]);
    });

    it('gives up a host that dies', async () => {
      const id = await world().availableVolume();
      const imageId = imageOf(await upload(id));
      world().cloud.host().vanish();
      await world().pass(seconds(30));
      expect(await world().status(id)).toBe('uploading');
      for (let minute = 0; minute < 8; minute++) await world().pass(minutes(1));
      expect(await world().status(id)).toBe('available');
      expect(world().cloud.images.has(imageId)).toBe(false);
    });
  });

  describe('reverting a volume', () => {
    const revert = (id: string, snapshotId: string | null, version = '3.70') => world().act(id, { revert: { snapshot_id: snapshotId } }, { version });

    it('gives it the content of its latest snapshot', async () => {
      const id = await world().availableVolume();
      await hosts().write(id, 'before');
      const snapshotId = await hosts().snapshot(id);
      await hosts().write(id, 'after!');
      expect((await revert(id, snapshotId)).status).toBe(202);
      expect(await world().status(id)).toBe('reverting');
      await world().settled();
      expect(await world().status(id)).toBe('available');
      expect(await world().database.sql`SELECT status FROM snapshot`).toEqual([{ status: 'available' }]);
      expect(await hosts().read(id, 6)).toBe('before');
    });

    it('is refused for older snapshots, other sizes, and before 3.40', async () => {
      const id = await world().availableVolume();
      expect((await revert(id, null)).status).toBe(400);
      const older = await hosts().snapshot(id);
      const latest = await hosts().snapshot(id);
      expect((await revert(id, older)).status).toBe(400);
      expect((await revert(id, null)).status).toBe(400);
      expect((await revert(id, latest, '3.39')).status).toBe(404);
      const smaller = await hosts().snapshot(id, { size: 2 });
      expect((await revert(id, smaller)).status).toBe(400);
    });

    it('waits for nothing: what is not available is a conflict', async () => {
      const id = await world().availableVolume();
      const snapshotId = await hosts().snapshot(id, { status: 'backing-up' });
      expect((await revert(id, snapshotId)).status).toBe(409);
      await world().act(id, { 'os-reset_status': { status: 'maintenance' } }, { as: 'admin' });
      expect((await revert(id, snapshotId)).status).toBe(409);
    });

    it('leaves the volume in error where the host refuses', async () => {
      const id = await world().availableVolume();
      const snapshotId = await hosts().snapshot(id);
      world().cloud.host().refusals.set('block-storage.agent.ensure-reverted', { code: 'driver.refused', message: 'Somebody has it open.', isFinal: true });
      await revert(id, snapshotId);
      await world().settled();
      expect(await world().status(id)).toBe('error');
      expect(await world().database.sql`SELECT status FROM snapshot`).toEqual([{ status: 'available' }]);
    });
  });

  describe('reimaging a volume', () => {
    const reimage = (id: string, imageId: string, more: object = {}, version = '3.70') => world().act(id, { 'os-reimage': { image_id: imageId, ...more } }, { version });

    it('writes the image over it, and knows what the image says', async () => {
      const id = await world().availableVolume();
      await hosts().write(id, 'mine');
      world().cloud.images.set(OTHER, anImage(OTHER, { name: 'another', properties: { os_distro: 'virga' } }));
      expect((await reimage(id, OTHER)).status).toBe(202);
      expect(await world().status(id)).toBe('downloading');
      await world().settled();
      expect(await world().volume(id)).toMatchObject({
        status: 'available', bootable: 'true', volume_image_metadata: { image_id: OTHER, image_name: 'another', os_distro: 'virga' },
      });
      expect(await hosts().read(id, 4)).toBe('\0\0\0\0');
      expect(await world().cloud.volumes()).toEqual([{ id, backend: 'node-1@file', sizeBytes: 1024 ** 3 }]);
    });

    it('leaves a reserved volume reserved, where that was asked for', async () => {
      const id = await world().availableVolume();
      await world().act(id, { 'os-reset_status': { status: 'reserved' } }, { as: 'admin' });
      expect((await reimage(id, IMAGE)).status).toBe(400);
      expect((await reimage(id, IMAGE, { reimage_reserved: true })).status).toBe(202);
      await world().settled();
      expect(await world().status(id)).toBe('reserved');
    });

    it('is refused for images that do not fit, or nobody knows, and before 3.68', async () => {
      const id = await world().availableVolume();
      world().cloud.images.set(OTHER, anImage(OTHER, { virtualSizeBytes: 2 * 1024 ** 3 }));
      expect((await reimage(id, OTHER)).status).toBe(400);
      expect((await reimage(id, '44444444-4444-4444-8444-444444444444')).status).toBe(400);
      expect((await reimage(id, 'virga-linux')).status).toBe(400);
      expect((await reimage(id, IMAGE, {}, '3.67')).status).toBe(404);
      expect(await world().status(id)).toBe('available');
    });

    it('leaves the volume in error where the image cannot be written, to be reimaged again', async () => {
      const id = await world().availableVolume();
      world().cloud.host().refusals.set('block-storage.agent.ensure-volume', { code: 'driver.refused', message: 'The image is broken.', isFinal: true });
      await reimage(id, IMAGE);
      await world().settled();
      expect(await world().status(id)).toBe('error');
      world().cloud.host().refusals.clear();
      await reimage(id, IMAGE);
      await world().settled();
      expect(await world().status(id)).toBe('available');
    });
  });

  describe('extending a volume', () => {
    const extend = (id: string, size: unknown, version = '3.70') => world().act(id, { 'os-extend': { new_size: size } }, { version });

    it('makes it larger', async () => {
      const id = await world().availableVolume();
      expect((await extend(id, '3')).status).toBe(202);
      await world().settled();
      expect(await world().volume(id)).toMatchObject({ status: 'available', size: 3 });
    });

    it.each([0, 1, 'abc', null, -1, 1.5])('refuses %p', async (size) => {
      const id = await world().availableVolume();
      expect((await extend(id, size)).status).toBe(400);
    });

    it('is refused beyond the quota, and for volumes that are in use before 3.42', async () => {
      const id = await world().availableVolume();
      await world().limit('gigabytes', 2);
      expect((await extend(id, 3)).status).toBe(413);
      await world().database.sql`UPDATE volume SET status = 'in-use' WHERE id = ${id}`;
      expect((await extend(id, 2, '3.41')).status).toBe(400);
      expect((await extend(id, 2, '3.42')).status).toBe(202);
      await world().settled();
      expect(await world().volume(id)).toMatchObject({ status: 'in-use', size: 2 });
    });
  });
});

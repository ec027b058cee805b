import { newId } from '@virga/kernel';
import { DriverUnavailable, type VolumeSpec } from '@virga/ports';
import { aKey, volumeBackendConformance, within } from '@virga/ports/testing';
import { SimVolumeBackend } from './sim-volume-backend.js';

const simulated = new SimVolumeBackend();

volumeBackendConformance('SimVolumeBackend', () => ({
  backend: simulated, ownHost: 'sim-host',
  connect: (address) => {
    const disk = simulated.connect(address);
    return { sizeBytes: async () => disk.sizeBytes(), read: async (offset, length) => disk.read(offset, length), write: async (offset, bytes) => disk.write(offset, bytes) };
  },
  traces: async (id) => (await simulated.observe(within())).volumes.filter((volume) => volume.id === id).map((volume) => volume.id),
}));

describe('SimVolumeBackend', () => {
  const spec = (over: Partial<VolumeSpec> = {}): VolumeSpec => ({ id: newId(), generation: 1, sizeBytes: 1_048_576, source: { kind: 'empty' }, ...over });

  it('fails as often as it is told and then works', async () => {
    const backend = new SimVolumeBackend();
    const wanted = spec();
    backend.fail(1);

    await expect(backend.ensureVolume(wanted, within())).rejects.toBeInstanceOf(DriverUnavailable);
    await backend.ensureVolume(wanted, within());

    expect((await backend.observe(within())).volumes).toHaveLength(1);
  });

  it('leaves frozen calls to their own deadline and carries out those that still wait when it thaws', async () => {
    const backend = new SimVolumeBackend();
    const impatient = new AbortController();
    backend.freeze();
    const given = backend.ensureVolume(spec(), impatient.signal);
    const patient = backend.ensureVolume(spec(), within());

    impatient.abort(new Error('too late'));
    await expect(given).rejects.toThrow('too late');
    backend.thaw();
    await patient;

    expect((await backend.observe(within())).volumes).toHaveLength(1);
  });

  it('comes back from the dead serving plain volumes, and encrypted ones when their key comes again', async () => {
    const backend = new SimVolumeBackend();
    const key = aKey();
    const [plain, encrypted] = [spec(), spec({ key })];
    for (const wanted of [plain, encrypted]) await backend.ensureVolume(wanted, within());
    const request = (volumeId: VolumeSpec['id']) => ({ attachmentId: newId<'attachment'>(), generation: 1, volumeId, host: 'sim-host', isReadOnly: false, isShared: false });
    const [one, two] = [request(plain.id), { ...request(encrypted.id), key }];
    for (const wanted of [one, two]) await backend.ensureExport(wanted, within());

    backend.vanish();
    await expect(backend.observe(within())).rejects.toBeInstanceOf(DriverUnavailable);
    backend.comeBack();

    const served = async () => (await backend.observe(within())).volumes.flatMap((volume) => volume.exports.map(({ isServed }) => isServed));
    expect(await served()).toEqual([true, false]);
    await backend.ensureExport(two, within());
    expect(await served()).toEqual([true, true]);
  });
});

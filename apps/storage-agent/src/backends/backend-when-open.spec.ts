import { SimVolumeBackend } from '@virga/driver-volume-file/sim';
import { newId } from '@virga/kernel';
import { DriverUnavailable } from '@virga/ports';
import { BackendWhenOpen } from './backend-when-open.js';

const within = (): AbortSignal => AbortSignal.timeout(5_000);

describe('a backend whose store may not be there', () => {
  it('fails as its opening does, tries again, and works from then on', async () => {
    const sim = new SimVolumeBackend();
    let attempts = 0;
    const backend = new BackendWhenOpen(sim.capabilities, async () => {
      attempts += 1;
      if (attempts < 3) throw new DriverUnavailable('volume');
      return Object.assign(sim, { close: async () => undefined });
    });
    const spec = { id: newId<'volume'>(), generation: 1, sizeBytes: 1_048_576, source: { kind: 'empty' } } as const;

    await expect(backend.observe(within())).rejects.toBeInstanceOf(DriverUnavailable);
    await expect(backend.ensureVolume(spec, within())).rejects.toBeInstanceOf(DriverUnavailable);
    await Promise.all([backend.ensureVolume(spec, within()), backend.observe(within())]);

    expect((await backend.observe(within())).volumes.map(({ id }) => id)).toEqual([spec.id]);
    expect(attempts).toBe(3);
    await backend.close();
  });

  it('leaves callers to their own patience while it is being opened', async () => {
    const opening = Promise.withResolvers<never>();
    const backend = new BackendWhenOpen(new SimVolumeBackend().capabilities, () => opening.promise);
    const impatient = new AbortController();
    const asked = backend.observe(impatient.signal);

    impatient.abort(new Error('too late'));

    await expect(asked).rejects.toThrow('too late');
    opening.reject(new DriverUnavailable('volume'));
    await backend.close();
  });
});

import { newId, type ServerId } from '@virga/kernel';
import { DriverUnavailable, type GuestSpec } from '@virga/ports';
import { SimHostNetwork } from '@virga/driver-ovs/sim';
import { hypervisorConformance } from '../hypervisor.conformance.js';
import { SimHypervisor } from './sim-hypervisor.js';

const spec = (changes: Partial<GuestSpec> = {}): GuestSpec => ({
  id: newId<'server'>(), generation: 1, name: 'web', projectId: 'p', userId: 'u', vcpus: 1, memoryMebibytes: 32,
  disks: [{ target: 'vda', role: 'root', sizeBytes: 1_048_576 }], nics: [], facts: { flavorName: 'tiny', imageId: 'i' }, ...changes,
});

const hostNetwork = new SimHostNetwork();
const simulated = new SimHypervisor({ hostNetwork });
const guestOf = (id: ServerId) => simulated.guests().filter((guest) => guest.id === id);

hypervisorConformance('SimHypervisor', () => ({
  hypervisor: simulated, hostNetwork, spec,
  boots: async (id) => guestOf(id)[0]?.boots ?? 0,
  isUp: async () => undefined,
  traces: async (id) => guestOf(id).map((guest) => guest.id),
  volume: async (target) => ({
    attachmentId: newId(), volumeId: newId(), target, isReadOnly: false, isShared: false,
    connection: { kind: 'nbd-unix', socketPath: '/run/sim.nbd', exportName: 'sim' },
  }),
  grow: async () => undefined,
  diskSize: async (id, { attachmentId }) => simulated.diskSize(id, attachmentId),
  limitsOf: async (id, { attachmentId }) => guestOf(id)[0]?.spec.volumes?.find((volume) => volume.attachmentId === attachmentId)?.limits ?? {},
}));

describe('SimHypervisor', () => {
  const signal = new AbortController().signal;

  it('fails as often as it is told and then works', async () => {
    const hypervisor = new SimHypervisor();
    hypervisor.fail(1);

    await expect(hypervisor.ensureGuest(spec(), signal)).rejects.toBeInstanceOf(DriverUnavailable);
    await hypervisor.ensureGuest(spec(), signal);

    expect(hypervisor.guests()).toHaveLength(1);
  });

  it('leaves frozen calls to their own deadline and carries out those that still wait when it thaws', async () => {
    const hypervisor = new SimHypervisor();
    const impatient = new AbortController();
    hypervisor.freeze();
    const given = hypervisor.ensureGuest(spec(), impatient.signal);
    const patient = hypervisor.ensureGuest(spec(), signal);

    impatient.abort(new Error('too late'));
    await expect(given).rejects.toThrow('too late');
    hypervisor.thaw();
    await patient;

    expect(hypervisor.guests()).toHaveLength(1);
  });

  it('comes back from the dead with its guests switched off', async () => {
    const hypervisor = new SimHypervisor();
    const { id } = spec();
    await hypervisor.ensureGuest(spec({ id }), signal);

    hypervisor.vanish();
    await expect(hypervisor.observe(signal)).rejects.toBeInstanceOf(DriverUnavailable);
    hypervisor.comeBack();

    expect(await hypervisor.observe(signal)).toMatchObject([{ id, generation: 1, power: 'shutdown', portIds: [] }]);
  });
});

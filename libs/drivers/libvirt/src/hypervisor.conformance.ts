import { newId, type PortId, type ServerId } from '@virga/kernel';
import { Outdated, Refused, type GuestPower, type GuestReport } from '@virga/ports';
import { aNic, useGuests, within, type HypervisorUnderTest } from './hypervisor-under-test.fixture.js';
import { volumesConformance } from './hypervisor-volumes.conformance.js';

/** What every hypervisor promises; run against the real driver and its simulated twin, so that the twin cannot lie. */
export function hypervisorConformance(name: string, host: () => HypervisorUnderTest): void {
  describe(`${name} as a hypervisor`, () => {
    const guests = useGuests(host);
    const { planned, given, find } = guests;
    const power = async (id: ServerId): Promise<GuestPower | undefined> => (await find(id))?.power;

    it('makes a guest that runs, once, however often it is told', async () => {
      const nic = aNic();
      const spec = await given({ generation: 3, nics: [nic] });

      await host().hypervisor.ensureGuest(spec, within());

      expect(await find(spec.id)).toMatchObject({ id: spec.id, generation: 3, power: 'running', portIds: [nic.portId] });
      expect(await host().boots(spec.id)).toBe(1);
      expect((await host().hostNetwork.observeNics(within())).map((found) => found.portId)).toContain(nic.portId);
    });

    it('carries out the same command sent twice at once', async () => {
      const spec = planned();

      await Promise.all([host().hypervisor.ensureGuest(spec, within()), host().hypervisor.ensureGuest(spec, within())]);

      expect(await power(spec.id)).toBe('running');
      expect(await host().boots(spec.id)).toBe(1);
    });

    it('refuses commands that are older than what it has seen', async () => {
      const spec = await given({ generation: 5 });

      const old = { id: spec.id, generation: 4 };
      await expect(host().hypervisor.ensureGuest({ ...spec, generation: 4 }, within())).rejects.toBeInstanceOf(Outdated);
      await expect(host().hypervisor.ensurePower({ ...old, power: 'shutdown' }, within())).rejects.toBeInstanceOf(Outdated);
      await expect(host().hypervisor.ensureNic(spec.id, 4, aNic(), within())).rejects.toBeInstanceOf(Outdated);
      await expect(host().hypervisor.ensureNoGuest(spec.id, 4, within())).rejects.toBeInstanceOf(Outdated);

      expect(await find(spec.id)).toMatchObject({ generation: 5, power: 'running' });
    });

    it('leaves nothing of a removed guest, and refuses to bring it back', async () => {
      const nic = aNic();
      const spec = await given({ generation: 2, nics: [nic] });

      await host().hypervisor.ensureNoGuest(spec.id, 3, within());
      await host().hypervisor.ensureNoGuest(spec.id, 3, within());

      await expect(host().hypervisor.ensureGuest(spec, within())).rejects.toBeInstanceOf(Outdated);
      await expect(host().hypervisor.ensureGuest({ ...spec, generation: 3 }, within())).rejects.toBeInstanceOf(Outdated);
      await expect(host().hypervisor.ensurePower({ id: spec.id, generation: 3, power: 'running' }, within())).rejects.toBeInstanceOf(Outdated);
      expect(await host().traces(spec.id)).toEqual([]);
      expect((await host().hostNetwork.observeNics(within())).map((found) => found.portId)).not.toContain(nic.portId);
    });

    it('makes a removed guest again for a newer command', async () => {
      const spec = await given();
      await host().hypervisor.ensureNoGuest(spec.id, 2, within());

      await host().hypervisor.ensureGuest({ ...spec, generation: 3 }, within());

      expect(await find(spec.id)).toMatchObject({ generation: 3, power: 'running' });
    });

    it('removes a guest that it never had, and remembers that', async () => {
      const spec = host().spec({ generation: 1 });

      await host().hypervisor.ensureNoGuest(spec.id, 2, within());

      await expect(host().hypervisor.ensureGuest(spec, within())).rejects.toBeInstanceOf(Outdated);
      expect(await host().traces(spec.id)).toEqual([]);
    });

    it('brings a guest into every power state', async () => {
      const { id } = await given();
      const to = async (generation: number, wanted: 'running' | 'paused' | 'shutdown'): Promise<GuestPower | undefined> => {
        await host().hypervisor.ensurePower({ id, generation, power: wanted, graceSeconds: 0 }, within());
        return power(id);
      };

      expect(await to(2, 'paused')).toBe('paused');
      expect(await to(3, 'running')).toBe('running');
      expect(await to(4, 'shutdown')).toBe('shutdown');
      expect(await to(5, 'shutdown')).toBe('shutdown');
      expect(await to(6, 'running')).toBe('running');
      expect(await host().boots(id)).toBe(2);
    });

    it('restarts a guest once for one command, softly and hard', async () => {
      const { id } = await given();
      await host().isUp(id);

      const soft = { id, generation: 2, power: 'running', restart: 'soft', graceSeconds: 10 } as const;
      await host().hypervisor.ensurePower(soft, within());
      await host().hypervisor.ensurePower(soft, within());
      expect(await host().boots(id)).toBe(2);

      await host().hypervisor.ensurePower({ ...soft, generation: 3, restart: 'hard' }, within());
      expect(await host().boots(id)).toBe(3);
      expect(await find(id)).toMatchObject({ generation: 3, power: 'running' });
    });

    it('refuses power and NICs for a guest that is not there', async () => {
      const id = newId<'server'>();

      await expect(host().hypervisor.ensurePower({ id, generation: 1, power: 'running' }, within())).rejects.toBeInstanceOf(Refused);
      await expect(host().hypervisor.ensureNic(id, 1, aNic(), within())).rejects.toBeInstanceOf(Refused);
      await expect(host().hypervisor.consoleOutput(id, 100, within())).rejects.toBeInstanceOf(Refused);
    });

    it('plugs a NIC into a running guest and out of it', async () => {
      const { id } = await given();
      await host().isUp(id);
      const nic = aNic();
      const ports = async (): Promise<PortId[] | undefined> => (await find(id))?.portIds;

      await host().hypervisor.ensureNic(id, 2, nic, within());
      await host().hypervisor.ensureNic(id, 2, nic, within());
      expect(await ports()).toEqual([nic.portId]);

      await host().hypervisor.ensureNoNic(id, 3, nic.portId, within());
      await host().hypervisor.ensureNoNic(id, 3, nic.portId, within());
      expect(await ports()).toEqual([]);
      expect((await host().hostNetwork.observeNics(within())).map((found) => found.portId)).not.toContain(nic.portId);
    });

    it('changes the NICs of a guest to those of a newer spec', async () => {
      const [first, second] = [aNic(), { ...aNic(), mac: 'fa:16:3e:00:00:02' }];
      const spec = await given({ nics: [first] });
      await host().isUp(spec.id);

      await host().hypervisor.ensureGuest({ ...spec, generation: 2, nics: [second] }, within());

      expect(await find(spec.id)).toMatchObject({ id: spec.id, generation: 2, power: 'running', portIds: [second.portId] });
      expect(await host().boots(spec.id)).toBe(1);
    });

    it('says where a guest finds its disks and NICs, also those that came later, and after it has booted again', async () => {
      const [first, later, volume] = [aNic(), { ...aNic(), mac: 'fa:16:3e:00:00:02' }, await host().volume('vdb')];
      const spec = await given({ nics: [first] });
      await host().isUp(spec.id);
      const named = async (): Promise<string[]> => {
        const places = (await find(spec.id))?.pciAddresses ?? {};
        expect(new Set(Object.values(places)).size).toBe(Object.keys(places).length);
        for (const place of Object.values(places)) expect(place).toMatch(/^0000:[0-9a-f]{2}:[0-9a-f]{2}\.0$/);
        return Object.keys(places).sort();
      };
      const all = ['vda', 'vdb', first.portId, later.portId].sort();

      await host().hypervisor.ensureNic(spec.id, 2, later, within());
      await host().hypervisor.ensureDisk(spec.id, 3, volume, within());
      expect(await named()).toEqual(all);
      await host().hypervisor.ensurePower({ id: spec.id, generation: 4, power: 'shutdown', graceSeconds: 0 }, within());
      expect(await named()).toEqual(all);
      await host().hypervisor.ensurePower({ id: spec.id, generation: 5, power: 'running' }, within());
      expect(await named()).toEqual(all);

      await host().hypervisor.ensureNoDisk(spec.id, 6, volume.attachmentId, within());
      await host().hypervisor.ensureNoNic(spec.id, 7, first.portId, within());
      expect(await named()).toEqual(['vda', later.portId].sort());
    });

    it('makes an image of a guest\'s root disk, on or off, and keeps it until it is told otherwise', async () => {
      const [{ id }, name] = [await given(), newId()];
      await host().isUp(id);
      const bytes = async (generation: number, image: string): Promise<number> => {
        let seen = 0;
        await host().hypervisor.useDiskImage(id, generation, image, async ({ sizeBytes, open }) => {
          for await (const chunk of open()) seen += (chunk as Buffer).length;
          expect(seen).toBe(sizeBytes);
        }, within());
        return seen;
      };

      await expect(bytes(2, name)).rejects.toBeInstanceOf(Refused);
      await host().hypervisor.ensureDiskImage(id, 3, name, within());
      await host().hypervisor.ensureDiskImage(id, 3, name, within());
      expect(await bytes(4, name)).toBeGreaterThan(0);
      await host().hypervisor.ensureNoDiskImage(id, 5, name, within());
      await host().hypervisor.ensureNoDiskImage(id, 5, name, within());
      await expect(bytes(6, name)).rejects.toBeInstanceOf(Refused);
      await host().hypervisor.ensurePower({ id, generation: 7, power: 'shutdown', graceSeconds: 0 }, within());
      await host().hypervisor.ensureDiskImage(id, 8, name, within());
      expect(await bytes(9, name)).toBeGreaterThan(0);
    });

    it('makes no image of a guest that boots from a volume', async () => {
      const { id } = await given({ disks: [], volumes: [await host().volume('vda')] });
      await expect(host().hypervisor.ensureDiskImage(id, 2, newId(), within())).rejects.toBeInstanceOf(Refused);
    });

    it('answers the end of what a guest wrote to its console', async () => {
      const { id } = await given();
      await host().isUp(id);

      const all = await host().hypervisor.consoleOutput(id, 100_000, within());
      const end = await host().hypervisor.consoleOutput(id, 5, within());

      expect(all.length).toBeGreaterThan(5);
      expect(end).toBe(all.slice(-5));
    });

    it('lets a newer command overtake an older one that came just before', async () => {
      const { id } = await given();

      const older = host().hypervisor.ensurePower({ id, generation: 2, power: 'running', restart: 'soft', graceSeconds: 10 }, within());
      const [outcome] = await Promise.allSettled([older, host().hypervisor.ensureNoGuest(id, 3, within())]);

      expect(outcome.status === 'fulfilled' || outcome.reason instanceof Outdated).toBe(true);
      expect(await host().traces(id)).toEqual([]);
    });

    it('reports what is there first, then every change, with the generation that was carried out', async () => {
      const { id } = await given({ generation: 7 });
      const stop = new AbortController();
      const reports = host().hypervisor.reports(AbortSignal.any([stop.signal, within()]))[Symbol.asyncIterator]();
      const until = async (wanted: Partial<GuestReport>): Promise<GuestReport> => {
        for (;;) {
          const { value, done } = await reports.next();
          if (done) throw new Error(`The reports ended before ${JSON.stringify(wanted)}.`);
          if (value.id === id && value.generation === wanted.generation && value.power === wanted.power) return value;
        }
      };

      expect(await until({ generation: 7, power: 'running' })).toMatchObject({ id, generation: 7, power: 'running', portIds: [] });
      await host().hypervisor.ensurePower({ id, generation: 8, power: 'shutdown', graceSeconds: 0 }, within());
      expect(await until({ generation: 8, power: 'shutdown' })).toBeDefined();
      await host().hypervisor.ensureNoGuest(id, 9, within());
      expect(await until({ generation: 9, power: undefined })).toEqual({ id, generation: 9, power: undefined, portIds: [] });

      stop.abort();
      expect((await reports.next()).done).toBe(true);
    });

    it('says what the host has', async () => {
      const resources = await host().hypervisor.resources(within());

      expect(resources.vcpus).toBeGreaterThan(0);
      expect(resources.memoryMebibytes).toBeGreaterThan(resources.memoryUsedMebibytes);
      expect(resources.traits).toContain('COMPUTE_NODE');
      expect(resources.hypervisorHostname).not.toBe('');
    });

    volumesConformance(host, guests);
  });
}

import { newId, type AttachmentId, type PortId, type ServerId } from '@virga/kernel';
import { Outdated, Refused, type DiskLimits, type GuestNic, type GuestPower, type GuestReport, type GuestSpec, type GuestVolume, type HostNetwork, type Hypervisor } from '@virga/ports';

/** What the suite needs of a host beside the hypervisor itself. */
export interface HypervisorUnderTest {
  hypervisor: Hypervisor;
  hostNetwork: HostNetwork;
  /** A guest that boots, prints something on its console, and follows ACPI requests. */
  spec(changes?: Partial<GuestSpec>): GuestSpec;
  /** How often the guest has booted so far. */
  boots(id: ServerId): Promise<number>;
  /** Resolves when the guest listens to ACPI requests and lets go of devices. */
  isUp(id: ServerId): Promise<void>;
  /** Everything on the host that names the guest: domains, directories. */
  traces(id: ServerId): Promise<string[]>;
  /** A volume that guests can reach. */
  volume(target: string): Promise<GuestVolume>;
  /** The storage makes the volume so large. */
  grow(volume: GuestVolume, sizeBytes: number): Promise<void>;
  /** How large the running guest's disk is. */
  diskSize(id: ServerId, volume: GuestVolume): Promise<number | undefined>;
  /** The limits that hold for the running guest's disk, as far as they are not 0. */
  limitsOf(id: ServerId, volume: GuestVolume): Promise<DiskLimits>;
}

const LIMIT_MS = 20_000;
const within = (): AbortSignal => AbortSignal.timeout(LIMIT_MS);

export const aNic = (): GuestNic => ({ portId: newId<'port'>(), mac: 'fa:16:3e:00:00:01', mtu: 1442 });

/** What every hypervisor promises; run against the real driver and its simulated twin, so that the twin cannot lie. */
export function hypervisorConformance(name: string, host: () => HypervisorUnderTest): void {
  describe(`${name} as a hypervisor`, () => {
    const made: ServerId[] = [];

    const given = async (changes: Partial<GuestSpec> = {}): Promise<GuestSpec> => {
      const spec = host().spec(changes);
      made.push(spec.id);
      await host().hypervisor.ensureGuest(spec, within());
      return spec;
    };
    const find = async (id: ServerId) => (await host().hypervisor.observe(within())).find((guest) => guest.id === id);
    const power = async (id: ServerId): Promise<GuestPower | undefined> => (await find(id))?.power;

    afterEach(async () => {
      for (const id of made.splice(0)) await host().hypervisor.ensureNoGuest(id, Number.MAX_SAFE_INTEGER, within());
    });

    it('makes a guest that runs, once, however often it is told', async () => {
      const nic = aNic();
      const spec = await given({ generation: 3, nics: [nic] });

      await host().hypervisor.ensureGuest(spec, within());

      expect(await find(spec.id)).toMatchObject({ id: spec.id, generation: 3, power: 'running', portIds: [nic.portId] });
      expect(await host().boots(spec.id)).toBe(1);
      expect((await host().hostNetwork.observeNics(within())).map((found) => found.portId)).toContain(nic.portId);
    });

    it('carries out the same command sent twice at once', async () => {
      const spec = host().spec();
      made.push(spec.id);

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

    const attachments = async (id: ServerId): Promise<AttachmentId[]> => (await find(id))?.attachmentIds ?? [];

    it('plugs a volume into a running guest and out of it, as often as it is told', async () => {
      const { id } = await given();
      await host().isUp(id);
      const volume = await host().volume('vdb');

      await host().hypervisor.ensureDisk(id, 2, volume, within());
      await host().hypervisor.ensureDisk(id, 2, volume, within());
      expect(await attachments(id)).toEqual([volume.attachmentId]);
      await expect(host().hypervisor.ensureDisk(id, 1, volume, within())).rejects.toBeInstanceOf(Outdated);

      await host().hypervisor.ensureNoDisk(id, 3, volume.attachmentId, within());
      await host().hypervisor.ensureNoDisk(id, 3, volume.attachmentId, within());
      expect(await attachments(id)).toEqual([]);
      await host().hypervisor.ensureDisk(id, 4, { ...volume, attachmentId: newId() }, within());
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

    it('starts a guest with its volumes and without those that were taken meanwhile', async () => {
      const [stays, goes, comes] = [await host().volume('vdb'), await host().volume('vdc'), await host().volume('vdd')];
      const spec = await given({ volumes: [stays, goes] });
      await host().isUp(spec.id);
      expect((await attachments(spec.id)).sort()).toEqual([stays.attachmentId, goes.attachmentId].sort());

      await host().hypervisor.ensurePower({ id: spec.id, generation: 2, power: 'shutdown', graceSeconds: 0 }, within());
      await host().hypervisor.ensureNoDisk(spec.id, 3, goes.attachmentId, within());
      await host().hypervisor.ensureDisk(spec.id, 4, comes, within());
      await host().hypervisor.ensurePower({ id: spec.id, generation: 5, power: 'running' }, within());

      expect((await attachments(spec.id)).sort()).toEqual([stays.attachmentId, comes.attachmentId].sort());
      await host().hypervisor.ensureGuest({ ...spec, generation: 6, volumes: [comes] }, within());
      expect(await attachments(spec.id)).toEqual([comes.attachmentId]);
    });

    it('leaves volumes as they are for a spec that does not speak of them, also when the guest changes its shape', async () => {
      const volume = await host().volume('vdb');
      const spec = await given();
      await host().hypervisor.ensureDisk(spec.id, 2, volume, within());
      await host().hypervisor.ensurePower({ id: spec.id, generation: 3, power: 'shutdown', graceSeconds: 0 }, within());

      await host().hypervisor.ensureGuest({ ...spec, generation: 4, memoryMebibytes: spec.memoryMebibytes * 2 }, within());

      expect(await find(spec.id)).toMatchObject({ power: 'running', attachmentIds: [volume.attachmentId] });
    });

    it('tells a running guest that its volume has grown, idle as it may be', async () => {
      const { id } = await given();
      await host().isUp(id);
      const volume = await host().volume('vdb');
      await host().hypervisor.ensureDisk(id, 2, volume, within());

      await host().grow(volume, 16_777_216);
      const disk = { attachmentId: volume.attachmentId, sizeBytes: 16_777_216 };
      await host().hypervisor.ensureDiskSize(id, 3, disk, within());
      await host().hypervisor.ensureDiskSize(id, 3, disk, within());

      expect(await host().diskSize(id, volume)).toBe(16_777_216);
      await expect(host().hypervisor.ensureDiskSize(id, 4, { ...disk, attachmentId: newId() }, within())).rejects.toBeInstanceOf(Refused);
    });

    it('limits what a guest may use of its volume, from the start and later', async () => {
      const { id } = await given();
      await host().isUp(id);
      const volume = { ...await host().volume('vdb'), limits: { totalBytes: 1_048_576, readRequests: 50 } };

      await host().hypervisor.ensureDisk(id, 2, volume, within());
      expect(await host().limitsOf(id, volume)).toEqual(volume.limits);

      const limits = { writeBytes: 2_097_152, totalRequests: 100 };
      await host().hypervisor.ensureDiskLimits(id, 3, { attachmentId: volume.attachmentId, limits }, within());
      expect(await host().limitsOf(id, volume)).toEqual(limits);
      await expect(host().hypervisor.ensureDiskLimits(id, 4, { attachmentId: newId(), limits }, within())).rejects.toBeInstanceOf(Refused);
    });

    it('puts a volume in the place of another that a running guest uses, once that holds the same', async () => {
      const { id } = await given();
      await host().isUp(id);
      const [old, to] = [await host().volume('vdb'), await host().volume('vdb')];
      const swap = { attachmentId: old.attachmentId, to };
      await host().hypervisor.ensureDisk(id, 2, old, within());

      await expect(host().hypervisor.ensureDiskSwapped(id, 3, swap, within())).rejects.toBeInstanceOf(Refused);
      await host().hypervisor.ensureDiskCopied(id, 4, swap, within());
      await host().hypervisor.ensureDiskCopied(id, 5, swap, within());
      expect(await attachments(id)).toEqual([old.attachmentId]);
      await host().hypervisor.ensureDiskSwapped(id, 6, swap, within());
      await host().hypervisor.ensureDiskSwapped(id, 7, swap, within());
      await host().hypervisor.ensureDiskCopied(id, 8, swap, within());
      expect(await attachments(id)).toEqual([to.attachmentId]);

      await host().hypervisor.ensureDisk(id, 9, to, within());
      await host().hypervisor.ensureNoDisk(id, 10, to.attachmentId, within());
      expect(await attachments(id)).toEqual([]);
      expect(Object.keys((await find(id))?.pciAddresses ?? {})).not.toContain('vdb');
      await host().hypervisor.ensureDisk(id, 11, old, within());
      expect(await attachments(id)).toEqual([old.attachmentId]);
    });

    it('swaps nothing after it was told to keep the disk, or of a guest that is off', async () => {
      const { id } = await given();
      await host().isUp(id);
      const [old, to] = [await host().volume('vdb'), await host().volume('vdb')];
      const swap = { attachmentId: old.attachmentId, to };
      await host().hypervisor.ensureDisk(id, 2, old, within());

      await host().hypervisor.ensureDiskCopied(id, 3, swap, within());
      await host().hypervisor.ensureDisk(id, 4, old, within());
      await expect(host().hypervisor.ensureDiskSwapped(id, 5, swap, within())).rejects.toBeInstanceOf(Refused);
      await host().hypervisor.ensurePower({ id, generation: 6, power: 'shutdown', graceSeconds: 0 }, within());
      await expect(host().hypervisor.ensureDiskCopied(id, 7, swap, within())).rejects.toBeInstanceOf(Refused);
      await expect(host().hypervisor.ensureDiskSwapped(id, 8, swap, within())).rejects.toBeInstanceOf(Refused);

      expect(await attachments(id)).toEqual([old.attachmentId]);
    });

    it('refuses volumes that cannot be disks', async () => {
      const { id } = await given();
      const volume = await host().volume('vdb');

      await expect(host().hypervisor.ensureDisk(id, 2, { ...volume, target: 'vdb" foo="' }, within())).rejects.toBeInstanceOf(Refused);
      await expect(host().hypervisor.ensureDisk(id, 2, { ...volume, connection: { kind: 'file', path: 'x', format: 'raw' } }, within())).rejects.toBeInstanceOf(Refused);
      await expect(host().hypervisor.ensureGuest({ ...host().spec(), volumes: [volume, { ...volume, attachmentId: newId() }] }, within())).rejects.toBeInstanceOf(Refused);
      expect(await attachments(id)).toEqual([]);
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
  });
}

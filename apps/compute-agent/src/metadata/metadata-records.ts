import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestNicSpec } from '@virga/contracts-compute';

const GUEST = /^[0-9a-f-]{36}$/;

/** Which networks' metadata service each guest of this host needs, on disk: after a restart the host knows by itself. */
export class MetadataRecords {
  private constructor(private readonly directory: string, private readonly guests: Map<string, GuestNicSpec[]>) {}

  static async open(directory: string): Promise<MetadataRecords> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const guests = new Map<string, GuestNicSpec[]>();
    for (const name of await readdir(directory)) {
      if (GUEST.test(name)) guests.set(name, JSON.parse(await readFile(join(directory, name), 'utf8')) as GuestNicSpec[]);
      else await rm(join(directory, name), { force: true });
    }
    return new MetadataRecords(directory, guests);
  }

  /** The NICs of a guest that were put down. */
  of(guestId: string): readonly GuestNicSpec[] {
    return this.guests.get(guestId) ?? [];
  }

  /** One NIC of each network that has a metadata service here. */
  networks(): Map<string, GuestNicSpec> {
    const nics = [...this.guests.values()].flat().filter((nic) => nic.metadata !== null);
    return new Map(nics.map((nic) => [nic.networkId, nic]));
  }

  async put(guestId: string, nics: readonly GuestNicSpec[]): Promise<void> {
    const target = join(this.directory, requireGuest(guestId));
    const file = await open(`${target}.new`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(nics));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${target}.new`, target);
    this.guests.set(guestId, [...nics]);
  }

  async remove(guestId: string): Promise<void> {
    await rm(join(this.directory, requireGuest(guestId)), { force: true });
    this.guests.delete(guestId);
  }
}

function requireGuest(guestId: string): string {
  if (!GUEST.test(guestId)) throw new RangeError(`'${guestId}' is not a guest's id.`);
  return guestId;
}

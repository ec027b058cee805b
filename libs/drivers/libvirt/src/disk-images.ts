import { createReadStream } from 'node:fs';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { milliseconds, minutes, type Duration, type ServerId } from '@virga/kernel';
import { DriverUnavailable, Refused, type DiskImage } from '@virga/ports';
import { absent, syncDirectory } from './durable-files.js';
import { convertDisk } from './guest-disks.js';
import { diskFileOf } from './guest-xml.js';
import type { LibvirtClient } from './libvirt-client.js';
import type { DomainRef } from './rpc/procedures.js';
import { copyTargetXml } from './volume-xml.js';
import { waitFor } from './wait-for.js';

/** Larger than whoever asks has patience for: the asker ends the waiting. */
const COPIED_WITHIN: Duration = minutes(24 * 60);
const LOOK_EVERY = milliseconds(500);
const ROOT = 'vda';
const PREFIX = 'image-';
const NAME = /^[0-9a-f-]{36}$/;

/**
 * Files with what a guest's root disk held at one moment.
 *
 * Theory of operation. QEMU copies the disk of a running guest and is told to stop when the copy is complete: that is the moment. What does not run is copied by
 * qemu-img. Either writes to a temporary name, which becomes the file's name at the end; so a file that is there is complete. A copy that was
 * interrupted is ended and begun anew. Only one file is kept for a guest: one that somebody has forgotten goes when the next is made, or
 * with the guest, since it is in the guest's directory.
 */
export class DiskImages {
  constructor(private readonly libvirt: LibvirtClient, private readonly directoryOf: (id: ServerId) => string) {}

  async ensure(dom: DomainRef, name: string, signal: AbortSignal): Promise<void> {
    const file = this.fileOf(dom, name);
    if (await stat(file).catch(absent)) return;
    const disk = diskFileOf(this.directoryOf(dom.uuid as ServerId), { target: ROOT });
    const { diskFiles = [] } = await this.libvirt.describe(dom, signal) ?? {};
    if (!diskFiles.includes(disk)) throw new Refused('libvirt', 'the guest has no root disk on this host');
    await this.sweep(dom, signal);
    const isActive = (await this.libvirt.state(dom, signal))?.isActive === true;
    if (isActive) await this.copyLive(dom, `${file}.part`, signal);
    else await convertDisk(disk, `${file}.part`, signal);
    await rename(`${file}.part`, file);
    await syncDirectory(this.directoryOf(dom.uuid as ServerId));
  }

  async use(dom: DomainRef, name: string, use: (image: DiskImage, signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const file = this.fileOf(dom, name);
    const found = await stat(file).catch(absent);
    if (!found) throw new Refused('libvirt', 'there is no such image of the guest\'s disk');
    await use({ sizeBytes: found.size, open: () => createReadStream(file) }, signal);
  }

  async ensureNone(dom: DomainRef, name: string, signal: AbortSignal): Promise<void> {
    await this.endCopy(dom, signal);
    for (const file of [this.fileOf(dom, name), `${this.fileOf(dom, name)}.part`]) await rm(file, { force: true });
  }

  private async copyLive(dom: DomainRef, path: string, signal: AbortSignal): Promise<void> {
    const xml = copyTargetXml({ connection: { kind: 'file', path, format: 'qcow2' } });
    await this.libvirt.copyDisk(dom, ROOT, { xml, to: 'new' }, signal);
    const isComplete = async (): Promise<boolean> => {
      const copy = (await this.libvirt.describeLive(dom, signal))?.copies.get(ROOT);
      if (copy === undefined) throw new DriverUnavailable('libvirt', { cause: new Error('the copy of the root disk broke off') });
      return copy.isComplete;
    };
    const isDone = await waitFor(this.libvirt, dom.uuid, isComplete, { within: COPIED_WITHIN, every: LOOK_EVERY, signal });
    if (!isDone) throw new DriverUnavailable('libvirt', { cause: new Error('the copy does not come to an end') });
    await this.libvirt.endCopy(dom, ROOT, 'give-up', signal);
  }

  /** What an interrupted copy, or a forgotten one, has left. */
  private async sweep(dom: DomainRef, signal: AbortSignal): Promise<void> {
    await this.endCopy(dom, signal);
    const directory = this.directoryOf(dom.uuid as ServerId);
    for (const name of await readdir(directory)) if (name.startsWith(PREFIX)) await rm(join(directory, name), { force: true });
  }

  private async endCopy(dom: DomainRef, signal: AbortSignal): Promise<void> {
    if (!(await this.libvirt.state(dom, signal))?.isActive) return;
    const copy = (await this.libvirt.describeLive(dom, signal))?.copies.get(ROOT);
    if (copy?.connection.kind === 'file') await this.libvirt.endCopy(dom, ROOT, 'give-up', signal);
  }

  /** Names become names of files. */
  private fileOf(dom: DomainRef, name: string): string {
    if (!NAME.test(name)) throw new Refused('libvirt', 'the image\'s name is not a UUID');
    return join(this.directoryOf(dom.uuid as ServerId), `${PREFIX}${name}`);
  }
}

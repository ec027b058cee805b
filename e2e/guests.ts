import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openstack, openstackJson, untilServer, untilSsh } from './cloud.js';
import { eventually, run } from './shell.js';

export interface TaggedDevice {
  type: 'disk' | 'nic';
  bus: string;
  address: string;
  tags: string[];
  serial?: string;
  mac?: string;
}

/** Servers that a test logs in to, with a key and a security group of their own. */
export class Guests {
  private readonly directory = mkdtempSync(join(tmpdir(), 'virga-e2e-'));
  private readonly key = join(this.directory, 'id');
  private readonly addresses = new Map<string, string>();

  /** The name is that of the key and the group: `care-key`, `care-guests`. */
  constructor(private readonly name: string) {}

  /** What `server create` is told for them. */
  get options(): string {
    return `--network private --security-group ${this.name}-guests --key-name ${this.name}-key`;
  }

  async prepare(): Promise<void> {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.key]);
    await openstack(`keypair create --public-key ${this.key}.pub ${this.name}-key`);
    await openstack(`security group create ${this.name}-guests`);
    await openstack(`security group rule create --protocol tcp --dst-port 22 ${this.name}-guests`);
  }

  /** Waits for the server, gives it a floating IP, and logs in. */
  async reach(server: string): Promise<void> {
    await untilServer(server, 'ACTIVE');
    const { floating_ip_address: address } = await openstackJson<{ floating_ip_address: string }>('floating ip create public');
    await openstack(`server add floating ip ${server} ${address}`);
    this.addresses.set(server, address);
    await this.run(server, 'true');
  }

  run(server: string, command: string): Promise<string> {
    return untilSsh(this.addresses.get(server) ?? '', this.key, command);
  }

  runAsRoot(server: string, command: string): Promise<string> {
    return this.run(server, `sudo -n sh -c '${command}'`);
  }

  /** What the server's metadata says of its tagged devices. */
  async devices(server: string): Promise<TaggedDevice[]> {
    const metadata = await this.run(server, 'curl http://169.254.169.254/openstack/latest/meta_data.json');
    return (JSON.parse(metadata) as { devices: TaggedDevice[] }).devices;
  }

  /** Where the guest's own kernel has found a device, named as under /sys/class: `block/vdb`, `net/eth1`. */
  async pciAddress(server: string, device: string): Promise<string> {
    const path = await this.run(server, `readlink -f /sys/class/${device}/device`);
    return /([0-9a-f:]+\.\d)\/virtio\d+\s*$/.exec(path)?.[1] ?? `none in ${path}`;
  }

  /** Once the servers are gone. */
  async remove(): Promise<void> {
    for (const address of this.addresses.values()) await openstack(`floating ip delete ${address}`);
    await openstack(`security group delete ${this.name}-guests`);
    await openstack(`keypair delete ${this.name}-key`);
  }

  forgetKey(): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** Waits until what the client shows has the status; an error fails at once. */
export function untilStatus<Shown extends { status: string }>(show: string, status: string, withinSeconds = 120): Promise<Shown> {
  return eventually(`${show} ${status}`, withinSeconds, async () => {
    const shown = await openstackJson<Shown>(show);
    if (shown.status.startsWith('error')) throw new Error(shown.status);
    return shown.status === status ? shown : undefined;
  });
}

export function untilVolume(name: string, status: string): Promise<{ id: string; status: string }> {
  return untilStatus(`volume show ${name}`, status);
}

/** In a guest's shell, the name of a disk by what the guest knows it by: device names are the guest's own. */
export const diskOf = (volume: string): string => `$(grep -l ^${volume.slice(0, 20)} /sys/block/vd*/serial | cut -d/ -f4)`;

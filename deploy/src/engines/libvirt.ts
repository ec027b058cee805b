import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../cloud.js';
import { digestOf, hasSystemUser, ownedDirectory, ownedFile } from '../files.js';
import { processSpec, RANK, type ProcessSpec } from '../process-spec.js';
import { attempt, run } from '../run.js';
import { CHECKOUT } from '../settings.js';
import { waitUntil } from '../wait.js';

/**
 * As whom guests' QEMU processes run: without any right of its own. It is the user that Debian's libvirt is compiled to
 * expect, and that its package libvirt-daemon-system, which we do without, would make.
 */
export const GUEST_USER = 'libvirt-qemu';

/**
 * Guests and test runs of QEMU detach from libvirtd, which then waits until their new parent has buried them. Process 1 is
 * late or never at that in containers and small virtual machines; tini does it at once. Should tini be killed, the daemon
 * goes with it, so that there are never two over one state.
 */
const REAPER = ['tini', '-s', '--', 'setpriv', '--pdeathsig', 'KILL', '--'];

/**
 * A libvirtd of our own, beside any that Debian may run.
 *
 * Theory of operation. libvirt's directories are compiled in, so the daemon gets a mount namespace in which ours lie over
 * them (`host/private-libvirtd.sh`). Guests are its grandchildren in the same namespace: they live on when it dies or is
 * replaced, and the next one, whose directories hold the same files, finds them again. Its socket is an ordinary file in
 * the state directory. Guests run as a user of their own, which may enter the directories on the way to its disks and
 * nothing else; libvirt gives it each disk while the guest runs.
 */
export async function prepareLibvirt(cloud: Cloud): Promise<void> {
  const { libvirt, instances, imageCache } = cloud.directories;
  await ensureGuestUser();
  for (const directory of ['', 'run', 'lib', 'log', 'cache', 'etc']) mkdirSync(join(libvirt, directory), { recursive: true, mode: 0o711 });
  for (const directory of [instances, imageCache]) ownedDirectory(directory, 'root', 0o711);
  ownedFile(join(libvirt, 'etc/libvirtd.conf'), daemonConfiguration(hostUuid(libvirt)), 'root', 0o600);
  ownedFile(join(libvirt, 'etc/qemu.conf'), emulatorConfiguration(cloud), 'root', 0o600);
}

export const libvirtSocket = (cloud: Cloud) => join(cloud.directories.libvirt, 'run/libvirt-sock');

export function libvirtProcesses(cloud: Cloud): ProcessSpec[] {
  const { libvirt } = cloud.directories;
  return [processSpec({
    name: 'libvirtd', rank: RANK.engine, workingDirectory: libvirt,
    // Fewer arenas of the C library: some MiB less, and this daemon is not in a hurry.
    environment: { MALLOC_ARENA_MAX: '2' },
    argv: [...REAPER, 'unshare', '--mount', '--propagation', 'private', 'sh', join(CHECKOUT, 'deploy/host/private-libvirtd.sh'), libvirt],
    leavesChildren: true,
    health: { kind: 'socket', path: libvirtSocket(cloud) },
    build: digestOf(emulatorConfiguration(cloud), daemonConfiguration('')),
  })];
}

export async function settleLibvirt(cloud: Cloud): Promise<string> {
  // The socket is there before the drivers are. This question also makes libvirt try QEMU out and remember the answers;
  // an agent that came first would wait for that.
  await waitUntil('libvirtd answers', 30, async () => (await virsh(cloud, 'capabilities')).code === 0, 'npm run logs libvirtd shows what it says.');
  const guests = await runningGuests(cloud);
  return guests.length === 0 ? 'no guests' : `${guests.length} guests running`;
}

export async function runningGuests(cloud: Cloud): Promise<string[]> {
  const { code, output } = await virsh(cloud, 'list', '--uuid');
  return code === 0 ? output.split('\n').filter((line) => line.trim() !== '') : [];
}

/** Asks all guests to shut down, and cuts the power of those that have not after `graceSeconds`. Answers how many ran. */
export async function stopGuests(cloud: Cloud, graceSeconds: number): Promise<number> {
  const guests = await runningGuests(cloud);
  await Promise.all(guests.map((guest) => virsh(cloud, 'shutdown', guest)));
  const areGone = async () => (await runningGuests(cloud)).length === 0;
  if (guests.length > 0) await waitUntil('all guests are off', graceSeconds, areGone).catch(() => undefined);
  await Promise.all((await runningGuests(cloud)).map((guest) => virsh(cloud, 'destroy', guest)));
  return guests.length;
}

const virsh = (cloud: Cloud, ...args: string[]) =>
  attempt(['virsh', '-q', '-c', `qemu:///system?socket=${libvirtSocket(cloud)}`, ...args], { timeoutMs: 20_000 });

const KVM = '/dev/kvm';

async function ensureGuestUser(): Promise<void> {
  if (!hasSystemUser(GUEST_USER)) await run(['useradd', '--system', '--user-group', '--home-dir', '/var/lib/libvirt', '--no-create-home', '--shell', '/usr/sbin/nologin', GUEST_USER]);
  if (existsSync(KVM)) await shareKvm();
}

/**
 * What Debian's udev does where it runs. libvirtd, being root, always finds the device usable; if QEMU, as its user, does
 * not, libvirtd takes what it knows of QEMU for outdated and probes it anew for seconds with every question.
 */
async function shareKvm(): Promise<void> {
  if ((await attempt(['getent', 'group', 'kvm'])).code !== 0) await run(['groupadd', '--system', 'kvm']);
  await run(['usermod', '--append', '--groups', 'kvm', GUEST_USER]);
  await run(['chgrp', 'kvm', KVM]);
  await run(['chmod', 'g+rw', KVM]);
}

function daemonConfiguration(uuid: string): string {
  return `# Written by deploy/; the socket's directory decides who may connect.
host_uuid = "${uuid}"
listen_tls = 0
listen_tcp = 0
auth_unix_rw = "none"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
# Idle threads cost little, but five of each kind are enough for one agent with one connection.
min_workers = 2
prio_workers = 2
admin_min_workers = 1
log_outputs = "3:stderr"
`;
}

/** A host must keep its identity for as long as it has guests. */
function hostUuid(libvirt: string): string {
  const file = join(libvirt, 'host-uuid');
  if (!existsSync(file)) ownedFile(file, randomUUID(), 'root', 0o600);
  return readFileSync(file, 'utf8');
}

const emulatorConfiguration = ({ directories }: Cloud) => `# Written by deploy/.
user = "${GUEST_USER}"
group = "${GUEST_USER}"
dynamic_ownership = 1
# The former owner of a disk would be remembered in extended attributes, which not every file system has.
remember_owner = 0
security_driver = "none"
# QEMU writes consoles itself: no virtlogd, one process fewer.
stdio_handler = "file"
# The cgroup names that libvirt makes are the same in every libvirtd of a machine.
cgroup_controllers = []
# A namespace of its own for each guest needs a /dev that can be bound, which containers lack.
namespaces = []
# With which guests reach volumes on other hosts.
nbd_tls_x509_cert_dir = "${directories.guestPki}"
`;

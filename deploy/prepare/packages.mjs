import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { StepFailed } from '../steps.mjs';
import { run, tail } from './run.mjs';

/** What we run or call, and so must be there. Nothing recommended comes along; nothing here is started by its package. */
export const PACKAGES = [
  'postgresql-15',
  'rabbitmq-server',
  'libvirt-daemon', 'libvirt-daemon-driver-qemu', 'libvirt-clients', 'qemu-system-x86', 'qemu-utils',
  'qemu-system-common', // qemu-storage-daemon, which holds the volumes
  'tini', // reaps for libvirtd where process 1 does not
  'openvswitch-switch', 'ovn-central', 'ovn-host',
  'haproxy', // the metadata proxy in each network's namespace
  'iproute2', 'nftables', 'kmod', 'procps', 'util-linux',
  'bzip2', // archives uploaded to object storage
  'binutils', 'cpio', 'e2fsprogs', 'extlinux', 'syslinux-common', 'openssl', 'xz-utils', // tools/guest-image
];

/** What a host needs besides for volumes in a Ceph cluster: its tools, and QEMU's part for it. */
export const CEPH_PACKAGES = ['ceph-common', 'qemu-block-extra'];

/** What only tests call: stock clients, a login to guests, and what plays a guest in a namespace (libs/drivers/ovn). */
export const TEST_PACKAGES = [
  'python3-openstackclient', 'python3-swiftclient', 'rclone', 'openssh-client', 'busybox', 'ethtool', 'iputils-ping',
  ...CEPH_PACKAGES, 'ceph-mon', 'ceph-mgr', 'ceph-osd', // a cluster of one machine (libs/drivers/volume-rbd)
];

// The units that a package brings for itself; ours run beside them, with ports and directories of their own.
const UNITS = {
  'rabbitmq-server': ['rabbitmq-server', 'epmd.socket'],
  'libvirt-daemon': ['libvirtd', 'libvirtd.socket', 'libvirtd-ro.socket', 'libvirtd-admin.socket', 'virtlogd.socket', 'virtlockd.socket'],
  'openvswitch-switch': ['openvswitch-switch'],
  'ovn-central': ['ovn-central'],
  'ovn-host': ['ovn-host'],
  'haproxy': ['haproxy'],
  'ceph-common': ['ceph.target'],
  'ceph-mon': ['ceph-crash'],
};
const POSTGRES_AUTOSTART = '/etc/postgresql/15/main/start.conf';
const POLICY = '/usr/sbin/policy-rc.d';
const OUR_POLICY = '#!/bin/sh\n# Written by Virga for the time of an installation, so that no package starts its own daemon.\nexit 101\n';

/** Installs those of the packages that are missing, without letting any of them start a daemon; answers what was done. */
export async function ensurePackages(wanted) {
  const missing = await missingOf(wanted);
  if (missing.length === 0) return `${wanted.length} present`;
  await withoutDaemons(async () => {
    // An installation that was killed, ours or another, must be ended before apt does anything.
    await run('dpkg', ['--configure', '-a', '--force-confold'], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    await apt(['update']);
    await apt(['--no-install-recommends', 'install', ...missing]);
  });
  await keepFromStarting(missing);
  return `installed ${missing.join(' ')}`;
}

// Only of packages that we brought: what the operator installed before us may be in use.
async function keepFromStarting(installed) {
  if (installed.includes('postgresql-15') && existsSync(POSTGRES_AUTOSTART)) writeFileSync(POSTGRES_AUTOSTART, 'manual\n');
  if (!existsSync('/run/systemd/system')) return;
  for (const unit of installed.flatMap((name) => UNITS[name] ?? [])) await run('systemctl', ['disable', '--now', unit]);
}

async function missingOf(wanted) {
  const { output } = await run('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...wanted]);
  const installed = new Set(output.split('\n').filter((line) => line.endsWith(' installed')).map((line) => line.split(' ')[0]));
  return wanted.filter((name) => !installed.has(name));
}

async function apt(args) {
  const options = ['-y', '-q', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=2', '-o', 'Dpkg::Options::=--force-confold'];
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  const { code, output } = await run('apt-get', [...options, ...args], { env: environment });
  if (code === 0) return;
  const errors = output.split('\n').filter((line) => /^[EW]: /.test(line)).join('\n');
  throw new StepFailed(
    `apt-get ${args.join(' ')} failed:\n${errors || tail(output)}`,
    'Check the network and /etc/apt, or whether dpkg was interrupted (dpkg --configure -a), then repeat.',
  );
}

// If we die in here, our policy stays; the next installation finds it to be ours and takes it away at its end.
async function withoutDaemons(install) {
  const isOurs = !existsSync(POLICY) || readFileSync(POLICY, 'utf8') === OUR_POLICY;
  if (isOurs) writeFileSync(POLICY, OUR_POLICY, { mode: 0o755 });
  try {
    await install();
  } finally {
    if (isOurs) rmSync(POLICY, { force: true });
  }
}

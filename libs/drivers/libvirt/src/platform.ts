import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestPlatform } from './guest-xml.js';
import { probeKvm } from './kvm-probe.js';

export interface PlatformOptions {
  /** Default `/usr/bin/qemu-system-x86_64`. */
  emulator?: string;
  machine?: GuestPlatform['machine'];
  /** `auto` (default) uses KVM where a test guest really runs on it, and emulates otherwise. */
  accelerator?: 'auto' | 'kvm' | 'tcg';
}

/** How guests run here; `reason` tells the operator why, above all when it is emulation. */
export interface Virtualization {
  isHardware: boolean;
  reason: string;
}

/** Whether libvirt would run guests on KVM: it starts them as another user than ours. */
type OffersKvm = () => Promise<boolean>;

/** What every guest of this host has in common, found once at start. */
export async function findPlatform(
  { emulator = '/usr/bin/qemu-system-x86_64', machine = 'pc', accelerator = 'auto' }: PlatformOptions,
  directory: string, allowsOffloads: boolean, offersKvm: OffersKvm,
): Promise<{ platform: GuestPlatform; virtualization: Virtualization }> {
  const virtualization = await virtualizationBy(accelerator, emulator, offersKvm);
  return {
    virtualization,
    platform: {
      emulator, machine, domainType: virtualization.isHardware ? 'kvm' : 'qemu',
      diskCache: await canBypassPageCache(directory) ? 'none' : 'writeback', hasNicOffloads: allowsOffloads,
    },
  };
}

async function virtualizationBy(accelerator: 'auto' | 'kvm' | 'tcg', emulator: string, offers: OffersKvm): Promise<Virtualization> {
  if (accelerator !== 'auto') return { isHardware: accelerator === 'kvm', reason: 'set by configuration' };
  const { isUsable, reason } = await probeKvm(emulator);
  if (isUsable && !await offers()) return { isHardware: false, reason: 'a test guest ran, but libvirt\'s user for guests may not use /dev/kvm' };
  return { isHardware: isUsable, reason };
}

/** `cache='none'` opens disks with O_DIRECT, which some file systems (tmpfs before Linux 6.6) refuse. */
async function canBypassPageCache(directory: string): Promise<boolean> {
  const file = join(directory, '.direct-io-probe');
  try {
    const handle = await open(file, constants.O_RDWR | constants.O_CREAT | constants.O_DIRECT, 0o600);
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return false;
    throw error;
  } finally {
    await rm(file, { force: true });
  }
}

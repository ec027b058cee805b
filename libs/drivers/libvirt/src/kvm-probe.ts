import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seconds, type Duration } from '@virga/kernel';

/** Whether the processor runs guests; `reason` says what was seen, for the operator's log. */
export interface KvmVerdict {
  isUsable: boolean;
  reason: string;
}

const ROM_BYTES = 65_536;
const RESET_VECTOR = 0xfff0;
const CODE_AT = 0xf000;
const ROUNDS = 20_000_000;
const PROOF = 0x31;
/** isa-debug-exit ends QEMU with the written value doubled, plus one: no other way of ending gives this number. */
const EXIT_CODE_OF_PROOF = PROOF * 2 + 1;

/**
 * Finds out whether KVM works by running a guest on it: the device's presence proves nothing, since on some hosts (nested,
 * paravirtual) it opens, creates machines, and then emulates them a thousand times slower than they should be, or never
 * executes them, or dies of the processor's features. A guest of a few instructions lies too, so this one counts far
 * enough to need ten milliseconds of a real processor, and twenty seconds of such an imitation.
 *
 * Needs QEMU and nothing else: the guest is a 64 KiB firmware image of ours, started at the processor's reset vector.
 * A guest that has not finished within `within` is killed and counts as a failure.
 */
export async function probeKvm(emulator: string, within: Duration = seconds(3), accelerator: 'kvm' | 'tcg' = 'kvm'): Promise<KvmVerdict> {
  const directory = await mkdtemp(join(tmpdir(), 'virga-kvm-probe-'));
  try {
    const rom = join(directory, 'probe.rom');
    await writeFile(rom, probeRom());
    return await verdictOf(emulator, directory, [
      '-accel', accelerator, ...(accelerator === 'kvm' ? ['-cpu', 'host'] : []), '-machine', 'pc', '-m', '16', '-bios', rom, '-nodefaults', '-no-user-config', '-display', 'none',
      '-no-reboot', '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x01',
    ], within);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function verdictOf(emulator: string, directory: string, options: string[], within: Duration): Promise<KvmVerdict> {
  return new Promise((resolve) => {
    // It may dump its core, and does so where it works.
    const guest = spawn(emulator, options, { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] });
    let complaint = '';
    guest.stderr.on('data', (chunk: Buffer) => { complaint = `${complaint}${chunk.toString('utf8')}`.slice(-500); });
    const timer = setTimeout(() => {
      // A guest stuck in the kernel may outlive even this; nobody waits for it.
      guest.kill('SIGKILL');
      resolve({ isUsable: false, reason: `a test guest did not finish within ${within} ms` });
    }, within);
    guest.on('error', (error) => {
      clearTimeout(timer);
      resolve({ isUsable: false, reason: `QEMU cannot be started: ${error.message}` });
    });
    guest.on('exit', (code) => {
      clearTimeout(timer);
      const isUsable = code === EXIT_CODE_OF_PROOF;
      resolve({ isUsable, reason: isUsable ? 'a test guest ran' : `a test guest failed: ${complaint.trim() || `exit code ${code}`}` });
    });
  });
}

/** Real mode: `mov ecx, ROUNDS; dec ecx; jnz -4; mov al, PROOF; out 0xf4, al; hlt`, and a jump to it at the reset vector. */
function probeRom(): Buffer {
  const rom = Buffer.alloc(ROM_BYTES, 0xf4);
  const rounds = Buffer.alloc(4);
  rounds.writeUInt32LE(ROUNDS);
  Buffer.concat([
    Buffer.from([0x66, 0xb9]), rounds, Buffer.from([0x66, 0x49, 0x75, 0xfc, 0xb0, PROOF, 0xe6, 0xf4, 0xf4]),
  ]).copy(rom, CODE_AT);
  rom[RESET_VECTOR] = 0xe9;
  rom.writeInt16LE(CODE_AT - (RESET_VECTOR + 3), RESET_VECTOR + 1);
  return rom;
}

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { milliseconds, seconds } from '@virga/kernel';
import { probeKvm } from './kvm-probe.js';

describe('the probe for hardware virtualization', () => {
  let directory: string;

  beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'probe-')); });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const emulatorThat = async (does: string): Promise<string> => {
    const file = join(directory, `emulator-${does.length}`);
    await writeFile(file, `#!/bin/sh\n${does}\n`);
    await chmod(file, 0o755);
    return file;
  };

  it('believes a guest that counted to its end, which emulation shows', async () => {
    expect(await probeKvm('qemu-system-x86_64', seconds(20), 'tcg')).toEqual({ isUsable: true, reason: 'a test guest ran' });
  });

  it('kills a guest that never ends', async () => {
    const verdict = await probeKvm(await emulatorThat('exec sleep 600'), milliseconds(300));

    expect(verdict).toEqual({ isUsable: false, reason: 'a test guest did not finish within 300 ms' });
  });

  it('does not believe an emulator that merely succeeds, and repeats what one complains of', async () => {
    expect(await probeKvm(await emulatorThat('exit 0'))).toEqual({ isUsable: false, reason: 'a test guest failed: exit code 0' });
    expect((await probeKvm(await emulatorThat('echo no access to kvm >&2; exit 1'))).reason).toBe('a test guest failed: no access to kvm');
    expect((await probeKvm(join(directory, 'missing'))).isUsable).toBe(false);
  });
});

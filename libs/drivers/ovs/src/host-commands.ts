import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { seconds } from '@virga/kernel';
import { DriverUnavailable, Refused } from '@virga/ports';

const execute = promisify(execFile);

/** Too low: a busy Open vSwitch fails commands that would have gone through. Too high: a hung one blocks its guest this long. */
const COMMAND_WITHIN = seconds(20);
const LONGEST_ANSWER_BYTES = 16 * 1024 * 1024;

/** Runs the host's network tools; nothing passes through a shell. */
export class HostCommands {
  /** @param networkNamespace where this host's interfaces are, for several hosts on one machine; absent: the process's own. */
  constructor(readonly networkNamespace?: string) {}

  /** As `run`, in the process's own namespace: named namespaces can be made and entered only from outside of one. */
  async runOutside(program: string, options: string[], signal: AbortSignal): Promise<string> {
    return this.execute(program, options, signal);
  }

  /** The standard output. `Refused` where the program is missing, `DriverUnavailable` (with its complaint) where it fails. */
  async run(program: string, options: string[], signal: AbortSignal): Promise<string> {
    if (this.networkNamespace === undefined) return this.execute(program, options, signal);
    return this.execute('ip', ['netns', 'exec', this.networkNamespace, program, ...options], signal);
  }

  private async execute(program: string, options: string[], signal: AbortSignal): Promise<string> {
    try {
      const { stdout } = await execute(program, options, {
        signal: AbortSignal.any([signal, AbortSignal.timeout(COMMAND_WITHIN)]), maxBuffer: LONGEST_ANSWER_BYTES,
      });
      return stdout;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new Refused('ovs', `${program} is not installed`, { cause: error });
      throw new DriverUnavailable('ovs', { cause: error });
    }
  }
}

import { connect, createServer, type Socket } from 'node:net';
import { FrameReader, encodeFrame, frameTypes, type Frame } from '../rpc/frames.js';

/** A socket that leads to libvirtd and breaks on demand. */
export interface CuttableLine {
  /** Cuts the connection at the `call`-th call from now on: before the daemon gets it, or after it has answered. */
  cut(when: 'before' | 'after', call: number): void;
  /** Whether the last `cut` has happened; one that has not is called off. */
  wasCut(): boolean;
  close(): void;
}

/** Listens at `path` and passes everything on to the daemon at `daemonPath`. */
export async function cuttableLine(path: string, daemonPath: string): Promise<CuttableLine> {
  let plan: { when: 'before' | 'after'; call: number } | undefined;
  let fatal: number | undefined;

  const server = createServer((client) => {
    const daemon = connect(daemonPath);
    const cut = (): void => {
      plan = undefined;
      fatal = undefined;
      client.destroy();
      daemon.destroy();
    };
    pass(client, daemon, (frame) => {
      if (plan === undefined || frame.type !== frameTypes.call) return true;
      plan.call -= 1;
      if (plan.call > 0) return true;
      if (plan.when === 'before') { cut(); return false; }
      fatal = frame.serial;
      return true;
    });
    pass(daemon, client, (frame) => {
      if (fatal === undefined || frame.type !== frameTypes.reply || frame.serial !== fatal) return true;
      cut();
      return false;
    });
  });
  await new Promise<void>((resolve) => { server.listen(path, resolve); });

  return {
    cut(when, call) { plan = { when, call }; },
    wasCut() {
      const hasHappened = plan === undefined;
      plan = undefined;
      return hasHappened;
    },
    close() { server.close(); },
  };
}

function pass(from: Socket, to: Socket, allows: (frame: Frame) => boolean): void {
  const reader = new FrameReader();
  from.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) {
      if (!allows(frame)) return;
      to.write(encodeFrame(frame));
    }
  });
  from.on('error', () => undefined);
  from.on('close', () => to.destroy());
}

import { connect } from 'node:net';
import type { Health } from './process-spec.js';

const PATIENCE_MS = 2_000;

/** Whether what listens there answers now; a process without a listener counts as answering while it is alive. */
export async function answers(health: Health): Promise<boolean> {
  switch (health.kind) {
    case 'alive': return true;
    case 'tcp': return canConnect({ host: health.host, port: health.port });
    case 'socket': return canConnect({ path: health.path });
    case 'http': return isHealthy(health.url);
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const reply = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    await reply.body?.cancel();
    return reply.ok;
  } catch {
    return false; // not listening, or too slow: either way not healthy
  }
}

function canConnect(target: { host: string; port: number } | { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target);
    const answer = (isUp: boolean) => { socket.destroy(); resolve(isUp); };
    socket.setTimeout(PATIENCE_MS, () => answer(false));
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}

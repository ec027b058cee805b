import { unlessAborted, type Duration } from '@virga/kernel';
import type { LibvirtClient } from './libvirt-client.js';

interface Waiting {
  within: Duration;
  /** Looks this often even when no event comes: an event may be lost with its connection. */
  every: Duration;
  signal: AbortSignal;
}

/** Whether `check` became true within the time; it is asked at once, after every event of the domain, and now and then. */
export async function waitFor(
  libvirt: LibvirtClient, uuid: string, check: () => Promise<boolean>, { within, every, signal }: Waiting,
): Promise<boolean> {
  let wake: () => void = () => undefined;
  let isOver = false;
  const unlisten = libvirt.listen((news) => { if ('dom' in news && news.dom.uuid === uuid) wake(); });
  const deadline = setTimeout(() => { isOver = true; wake(); }, within);
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => { wake = resolve; });
      if (await check()) return true;
      if (isOver) return false;
      const next = setTimeout(wake, every);
      await unlessAborted(woken, signal).finally(() => clearTimeout(next));
    }
  } finally {
    clearTimeout(deadline);
    unlisten();
  }
}

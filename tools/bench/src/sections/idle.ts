import { cpuBetween, cpuSeconds } from '../cpu.js';
import { processes } from '../cloud.js';
import type { Session } from '../session.js';

const WATCHED_SECONDS = 20;
const isOurs = (name: string): boolean => name.startsWith('virga-') || name === 'supervisor';

/** What the cloud costs while nobody asks it anything. */
export async function idle(session: Session): Promise<void> {
  const known = processes(session.settingsFile);
  const before = cpuSeconds(known);
  await new Promise((resolve) => { setTimeout(resolve, WATCHED_SECONDS * 1000); });
  const { total, by } = cpuBetween(before, cpuSeconds(known));
  for (const { name, mebibytes } of known) session.add({ what: `idle: ${name}`, figures: { mebibytes, cpuPercent: (by[name] ?? 0) * 100 / WATCHED_SECONDS } });
  const sum = (list: typeof known): number => list.reduce((mebibytes, one) => mebibytes + one.mebibytes, 0);
  const own = sum(known.filter(({ name }) => isOurs(name)));
  session.add({ what: 'idle: services and agents', figures: { mebibytes: own }, budget: '≤ 800 MiB', isWithin: own <= 800 });
  session.add({ what: 'idle: with the engines', figures: { mebibytes: sum(known) }, budget: '≤ 1.2 GiB', isWithin: sum(known) <= 1229 });
  session.add({ what: 'idle: CPU', figures: { cpuPercent: total * 100 / WATCHED_SECONDS }, budget: '≤ 3 % of a core', isWithin: total * 100 / WATCHED_SECONDS <= 3 });
}

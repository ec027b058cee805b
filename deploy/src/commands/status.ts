import type { Cloud } from '../cloud.js';
import { runningGuests } from '../engines/libvirt.js';
import { memoryOf } from '../memory.js';
import { processManager } from '../process-manager.js';
import { answers } from '../probe.js';
import type { ProcessRecord } from '../supervisor/managed-process.js';
import { proportionalMemory } from '../supervisor/proc.js';

/** `npm run status`: each process with port, memory and health. Answers 1 where something is not well. */
export async function status(cloud: Cloud): Promise<number> {
  const keeper = processManager(cloud);
  const records = await keeper.records();
  if (records.length === 0) {
    console.log(`No cloud runs from ${cloud.directories.state}: npm start brings one up.`);
    return 1;
  }
  const memory = memoryOf(records);
  const healths = await Promise.all(records.map((record) => healthOf(record)));
  const rows = records.map((record, index) => rowOf(record, memory.of, healths[index] ?? ''));
  const keeperProcess = await keeper.ownProcess();
  const own = keeperProcess === undefined ? 0 : Math.round(proportionalMemory(keeperProcess) / 1024 / 1024);
  if (keeperProcess !== undefined) rows.push(['supervisor', String(keeperProcess), '', String(own), '', 'healthy']);
  print([['NAME', 'PROCESS', 'PORTS', 'MIB', 'RESTARTS', 'HEALTH'], ...rows]);
  const guests = await runningGuests(cloud);
  console.log(`\n${rows.length} processes with ${memory.total + own} MiB, and ${guests.length} guests.`);
  return healths.every((health) => health === 'healthy') ? 0 : 1;
}

async function healthOf(record: ProcessRecord): Promise<string> {
  if (record.process === undefined) return `${record.state}: ${record.lastEnd ?? 'not started'}`;
  return (await answers(record.spec.health)) ? 'healthy' : 'does not answer';
}

function rowOf({ spec, process, restarts }: ProcessRecord, memory: Map<string, number>, health: string): string[] {
  const ports = spec.listens.map(({ port }) => port).join(' ');
  return [spec.name, process === undefined ? '-' : String(process.pid), ports, String(memory.get(spec.name) ?? 0), String(restarts), health];
}

function print(rows: string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}

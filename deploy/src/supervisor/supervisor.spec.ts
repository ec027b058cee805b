import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processSpec, RANK, type ProcessSpec } from '../process-spec.js';
import { waitUntil } from '../wait.js';
import { rotateLog } from './log-file.js';
import { identify, isAlive, type ProcessId } from './proc.js';
import { Supervisor } from './supervisor.js';

let directory: string;
let supervisor: Supervisor;

const shell = (name: string, script: string, more: Partial<ProcessSpec> = {}) =>
  processSpec({ name, rank: RANK.engine, workingDirectory: '/', argv: ['sh', '-c', script], ...more });
const sleeper = (name: string, more: Partial<ProcessSpec> = {}) => shell(name, 'exec sleep 1000', more);
const recordOf = (name: string, of = supervisor) => of.records().find(({ spec }) => spec.name === name);
const log = (name: string) => readFileSync(join(directory, `${name}.log`), 'utf8');

async function running(name: string, of = supervisor): Promise<ProcessId> {
  await waitUntil(`${name} runs`, 10, async () => recordOf(name, of)?.process !== undefined);
  return recordOf(name, of)!.process!;
}

async function another(name: string, than: ProcessId): Promise<ProcessId> {
  await waitUntil(`${name} runs again`, 10, async () => { const now = recordOf(name)?.process; return now !== undefined && now.pid !== than.pid; });
  return running(name);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'virga-supervisor-'));
  supervisor = new Supervisor(join(directory, 'processes.json'), directory);
});

afterEach(async () => {
  await supervisor.stopFrom(0);
  rmSync(directory, { recursive: true });
});

describe('the supervisor', () => {
  it('starts again what dies, and counts it', async () => {
    await supervisor.ensure([sleeper('a')]);
    const first = await running('a');

    process.kill(first.pid, 'SIGKILL');

    const second = await another('a', first);
    expect(isAlive(second)).toBe(true);
    expect(recordOf('a')).toMatchObject({ restarts: 1, lastEnd: 'was ended by SIGKILL' });
  });

  it('leaves alone what already runs as it should, and replaces what changed', async () => {
    await supervisor.ensure([sleeper('same'), sleeper('changes')]);
    const before = { same: await running('same'), changes: await running('changes') };

    const changed = await supervisor.ensure([sleeper('same'), sleeper('changes', { build: 'newer' })]);

    expect(changed).toEqual(['changes']);
    expect(await running('same')).toEqual(before.same);
    expect(isAlive(before.changes)).toBe(false);
    expect(isAlive(await running('changes'))).toBe(true);
  });

  it('waits longer each time before it starts something that cannot live', async () => {
    await supervisor.ensure([shell('broken', 'exit 3')]);

    await waitUntil('it was tried three times', 10, async () => (recordOf('broken')?.restarts ?? 0) >= 2);

    expect(recordOf('broken')!.lastEnd).toBe('ended with 3');
    expect(recordOf('broken')!.restarts).toBeLessThan(4);
  });

  it('is told, and lives on, when a program does not exist', async () => {
    await supervisor.ensure([processSpec({ name: 'absent', rank: 1, workingDirectory: '/', argv: ['/nonexistent/program'] })]);

    await waitUntil('the failure is known', 10, async () => recordOf('absent')?.lastEnd !== undefined);

    expect(recordOf('absent')!.lastEnd).toContain('could not be started');
  });

  it('stops from the highest rank to the lowest', async () => {
    const mark = (name: string) => `trap 'echo ${name} >>${directory}/order; exit 0' TERM; while :; do sleep 0.05; done`;
    await supervisor.ensure([shell('store', mark('store'), { rank: RANK.store }), shell('agent', mark('agent'), { rank: RANK.agent }), shell('service', mark('service'), { rank: RANK.service })]);
    const all = await Promise.all(['store', 'agent', 'service'].map((name) => running(name)));

    await waitUntil('their traps are set', 10, async () => all.every(({ pid }) => /^SigCgt:\s*0*[^0]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))));
    await supervisor.stopFrom(0);

    expect(readFileSync(join(directory, 'order'), 'utf8')).toBe('agent\nservice\nstore\n');
    expect(all.filter(isAlive)).toEqual([]);
    expect(supervisor.records()).toEqual([]);
  });

  it('kills what does not end when asked, with all that it started', async () => {
    await supervisor.ensure([shell('stubborn', `trap '' TERM; sleep 1000 & echo $! >${directory}/child; while :; do sleep 0.05; done`, { stopSeconds: 0.3 })]);
    const parent = await running('stubborn');
    await waitUntil('its child runs', 10, async () => existsSync(join(directory, 'child')) && readFileSync(join(directory, 'child'), 'utf8') !== '');
    const child = identify(Number(readFileSync(join(directory, 'child'), 'utf8')))!;

    await supervisor.stopFrom(0);

    await waitUntil('both are gone', 5, async () => !isAlive(parent) && !isAlive(child));
    expect([isAlive(parent), isAlive(child)]).toEqual([false, false]);
  });

  it('runs the hook after each start until it succeeds', async () => {
    const hook = ['sh', '-c', `echo run >>${directory}/hook; [ -e ${directory}/ready ]`];
    await supervisor.ensure([sleeper('hooked', { afterStart: hook })]);
    await waitUntil('the hook ran', 10, async () => existsSync(join(directory, 'hook')));
    writeFileSync(join(directory, 'ready'), '');

    await waitUntil('it ran again', 10, async () => readFileSync(join(directory, 'hook'), 'utf8') === 'run\nrun\n');
    process.kill((await running('hooked')).pid, 'SIGKILL');

    await waitUntil('it ran for the new process', 10, async () => readFileSync(join(directory, 'hook'), 'utf8') === 'run\nrun\nrun\n');
  });

  it('adopts what an earlier supervisor left running, and still notices its death', async () => {
    await supervisor.ensure([sleeper('a'), sleeper('b')]);
    const [a, b] = [await running('a'), await running('b')];
    const heir = new Supervisor(join(directory, 'processes.json'), directory);
    try {
      heir.resume();
      expect([await running('a', heir), await running('b', heir)]).toEqual([a, b]);

      await heir.stopFrom(0);

      expect([isAlive(a), isAlive(b)]).toEqual([false, false]);
    } finally {
      await heir.stopFrom(0);
    }
  });

  it('does not mistake a stranger with the same number for its process', async () => {
    const stranger = { ...identify(process.pid)!, startedAt: '1' };
    const record = { spec: sleeper('mine'), state: 'running', process: stranger, restarts: 0 };
    writeFileSync(join(directory, 'processes.json'), JSON.stringify([record]));

    supervisor.resume();

    await waitUntil('its own process runs', 10, async () => (recordOf('mine')?.process?.pid ?? process.pid) !== process.pid);
  });

  it('gives a process only the environment that it was told', async () => {
    process.env['VIRGA_TEST_SECRET'] = 'hidden';
    try {
      await supervisor.ensure([shell('env', 'env; exec sleep 1000', { environment: { GIVEN: 'yes' } })]);
      await waitUntil('it wrote', 10, async () => log('env').includes('GIVEN=yes'));
      expect(log('env')).not.toContain('hidden');
    } finally {
      delete process.env['VIRGA_TEST_SECRET'];
    }
  });
});

describe('a log', () => {
  it('is moved aside when it has grown, while its process goes on writing to it', async () => {
    const file = join(directory, 'chatty.log');
    await supervisor.ensure([shell('chatty', 'while :; do echo line; sleep 0.02; done')]);
    await waitUntil('it wrote', 10, async () => existsSync(file) && statSync(file).size > 100);

    rotateLog(file, 100);
    await waitUntil('it goes on', 10, async () => statSync(file).size > 50);

    expect(statSync(`${file}.1`).size).toBeGreaterThan(100);
    expect(log('chatty')).toMatch(/^(line\n)+/);
  });
});

import { hours } from '@virga/kernel';
import { Metrics } from '@virga/observability';
import { Reconciler, alarm, correct, leaveAlone, nothing, type Correction } from './reconciler.js';
import { reconcileMetrics } from './reconcile-observer.js';
import { Reconciliation } from './reconciliation.js';

interface Lamp { id: string; wanted: boolean; isOn: boolean; isOwned?: boolean; isImpossible?: boolean }

class Lamps extends Reconciler<Lamp, { turn: boolean }> {
  readonly name = 'lamps';
  readonly interval = hours(1);
  passes = 0;
  onPass: () => void = () => undefined;
  broken = new Set<string>();

  constructor(readonly lamps: Lamp[]) {
    super();
  }

  async *observe(): AsyncIterable<readonly Lamp[]> {
    this.passes++;
    for (let at = 0; at < this.lamps.length; at += 2) yield this.lamps.slice(at, at + 2);
    this.onPass();
  }

  plan(lamp: Lamp): Correction<{ turn: boolean }> {
    if (lamp.isOwned === true) return leaveAlone('an operation is responsible');
    if (lamp.isImpossible === true) return alarm('a lamp that cannot be');
    if (lamp.isOn === lamp.wanted) return nothing();
    return correct('lamp-wrong', { turn: lamp.wanted }, { isDefect: lamp.wanted });
  }

  async correct({ turn }: { turn: boolean }, lamp: Lamp): Promise<void> {
    if (this.broken.has(lamp.id)) throw new Error('stuck switch');
    lamp.isOn = turn;
  }

  describe(lamp: Lamp): string {
    return `lamp ${lamp.id}`;
  }
}

describe('reconciliation', () => {
  const soon = AbortSignal.timeout(20_000);

  it('makes true what should be, everywhere, and leaves alone what others are responsible for', async () => {
    const lamps = new Lamps([
      { id: 'a', wanted: true, isOn: false }, { id: 'b', wanted: true, isOn: true }, { id: 'c', wanted: false, isOn: true },
      { id: 'd', wanted: true, isOn: false, isOwned: true }, { id: 'e', wanted: true, isOn: false },
    ]);
    const reconciliation = new Reconciliation();
    reconciliation.register(lamps);
    const report = await reconciliation.runOnce('lamps', soon);
    expect(lamps.lamps.map(({ isOn }) => isOn)).toEqual([true, true, false, false, true]);
    expect(report).toEqual({ seen: 5, leftAlone: 1, corrected: 3, defects: 2, alarms: 0, failures: 0 });
  });

  it('goes on after a correction that failed, and tries it again in the next pass', async () => {
    const lamps = new Lamps([{ id: 'a', wanted: true, isOn: false }, { id: 'b', wanted: true, isOn: false }]);
    lamps.broken.add('a');
    const reconciliation = new Reconciliation();
    reconciliation.register(lamps);
    expect(await reconciliation.runOnce('lamps', soon)).toMatchObject({ corrected: 1, failures: 1 });
    lamps.broken.clear();
    expect(await reconciliation.runOnce('lamps', soon)).toMatchObject({ corrected: 1, failures: 0 });
  });

  it('counts what the normal path should have done as defects, where operators can see them', async () => {
    const metrics = new Metrics();
    const events: string[] = [];
    const log = (event: string): void => void events.push(event);
    const reconciliation = new Reconciliation({ observer: reconcileMetrics(metrics), logger: { debug: log, info: log, warn: log, error: log } });
    reconciliation.register(new Lamps([
      { id: 'a', wanted: true, isOn: false }, { id: 'b', wanted: false, isOn: true }, { id: 'c', wanted: true, isOn: true, isImpossible: true },
    ]));
    await reconciliation.runOnce('lamps', soon);
    expect(events).toEqual(['reconcile.corrects', 'reconcile.alarm']);
    const text = await metrics.text();
    expect(text).toContain('virga_reconcile_defects_total{reconciler="lamps",correction="lamp-wrong"} 1');
    expect(text).toContain('virga_reconcile_defects_total{reconciler="lamps",correction="alarm"} 1');
  });

  it('passes at its start, when it is woken, and not after it was stopped', async () => {
    const lamps = new Lamps([{ id: 'a', wanted: true, isOn: false }]);
    const reconciliation = new Reconciliation();
    reconciliation.register(lamps);
    const passed = (): Promise<void> => new Promise((resolve) => { lamps.onPass = resolve; });
    const first = passed();
    reconciliation.start();
    await first;
    const second = passed();
    lamps.lamps.push({ id: 'b', wanted: true, isOn: false });
    reconciliation.wake('lamps');
    await second;
    await reconciliation.stop();
    reconciliation.wake();
    expect(lamps.passes).toBe(2);
    expect(lamps.lamps.every(({ isOn }) => isOn)).toBe(true);
  });
});

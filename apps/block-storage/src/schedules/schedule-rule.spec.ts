import { days, hours, minutes } from '@virga/kernel';
import { fc } from '@virga/testing/fast-check';
import { nextRunAt, requireSound, type ScheduleRule } from './schedule-rule.js';

const at = (text: string): number => Date.parse(text);
const next = (rule: ScheduleRule, now: string, anchor = now): string => new Date(nextRunAt(rule, at(anchor), at(now))).toISOString();

describe('rules of schedules', () => {
  it('count intervals from their beginning, however late they are looked at', () => {
    expect(next({ every: 6, unit: 'hours' }, '2026-03-01T10:30:00Z')).toBe('2026-03-01T16:30:00.000Z');
    expect(next({ every: 6, unit: 'hours' }, '2026-03-01T16:30:00Z', '2026-03-01T10:30:00Z')).toBe('2026-03-01T22:30:00.000Z');
    expect(next({ every: 6, unit: 'hours' }, '2026-03-03T17:00:00Z', '2026-03-01T10:30:00Z')).toBe('2026-03-03T22:30:00.000Z');
    expect(next({ every: 2, unit: 'days' }, '2026-03-28T23:59:00Z')).toBe('2026-03-30T23:59:00.000Z');
  });

  it('read cron expressions in UTC', () => {
    expect(next({ cron: '30 3 * * *' }, '2026-03-01T03:30:00Z')).toBe('2026-03-02T03:30:00.000Z');
    expect(next({ cron: '0 0 1 * *' }, '2026-03-01T10:30:00Z')).toBe('2026-04-01T00:00:00.000Z');
    expect(next({ cron: '*/20 8-9 * * MON-FRI' }, '2026-03-06T09:45:00Z')).toBe('2026-03-09T08:00:00.000Z');
    // The night in which Europe's clocks go forward has this hour in UTC.
    expect(next({ cron: '30 2 * * *' }, '2026-03-29T00:00:00Z')).toBe('2026-03-29T02:30:00.000Z');
    expect(next({ cron: '0 0 29 2 *' }, '2026-03-01T00:00:00Z')).toBe('2028-02-29T00:00:00.000Z');
  });

  it.each(['* * * *', '* * * * * *', '@daily', '61 * * * *', '* 24 * * *', '* * 32 * *', 'a b c d e', '* * * * 9', '0 0 30 2 *', '5-1 * * * *', '*/0 * * * *', ''])(
    'refuse %p', (cron) => {
      expect(() => requireSound({ cron }, at('2026-03-01T00:00:00Z'))).toThrow(expect.objectContaining({ code: 'block-storage.schedule.cron' }));
    },
  );

  it('are always due later than now, and an interval at most one interval later', () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 366 }), fc.constantFrom('hours' as const, 'days' as const), fc.nat(10 ** 12), fc.nat(10 ** 12),
      (every, unit, anchor, later) => {
        const length = unit === 'hours' ? hours(every) : days(every);
        const due = nextRunAt({ every, unit }, anchor, anchor + later);
        expect(due).toBeGreaterThan(anchor + later);
        expect(due - (anchor + later)).toBeLessThanOrEqual(length);
        expect((due - anchor) % length).toBe(0);
      },
    ));
    fc.assert(fc.property(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 0, max: 23 }), fc.nat(2 * 10 ** 12), (minute, hour, now) => {
      const due = nextRunAt({ cron: `${minute} ${hour} * * *` }, 0, now);
      expect(due).toBeGreaterThan(now);
      expect(due - now).toBeLessThanOrEqual(days(1));
      expect(due % days(1)).toBe(hours(hour) + minutes(minute));
    }));
  });
});

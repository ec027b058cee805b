import type { ExportAddressFact } from '@virga/contracts-block-storage';
import { hours, type AttachmentId, type VolumeId } from '@virga/kernel';
import { fc } from '@virga/testing/fast-check';
import { planAttachment, REMEMBERED } from './attachments-plan.js';
import type { SeenAttachment } from './seen-attachments.repository.js';

const NOW = 1_800_000_000_000;
const here: ExportAddressFact = { kind: 'nbd-tls', address: '192.0.2.1', port: 10_809, exportName: 'a' };
const elsewhere: ExportAddressFact = { ...here, port: 10_810 };

type Living = NonNullable<SeenAttachment['attachment']>;
type Export = NonNullable<SeenAttachment['export']>;

function attached(change: Partial<Living> = {}): Living {
  return {
    volumeId: 'v' as VolumeId, state: 'attached', owner: 'compute', isLeaving: false, host: 'node-1', generation: 3, address: here, detachedAt: null,
    isHere: true, isSilent: false, ...change,
  };
}

const exported = (change: Partial<Export> = {}): Export => ({ backend: 'node-1@file', generation: 3, address: here, isServed: true, ...change });
const seen = (attachment: Living | undefined, found: Export | undefined, busy: Partial<Pick<SeenAttachment, 'isOwed' | 'hasOperation'>> = {}): SeenAttachment =>
  ({ id: 'a' as AttachmentId, attachment, export: found, isOwed: false, hasOperation: false, ...busy });
const plan = (...given: Parameters<typeof seen>) => planAttachment(seen(...given), NOW);

describe('attachments beside what storage hosts export', () => {
  it('are left alone where both agree, whatever order the address is written in', () => {
    expect(plan(attached(), exported())).toEqual({ kind: 'nothing' });
    const { kind, address, port, exportName } = here as Extract<ExportAddressFact, { kind: 'nbd-tls' }>;
    expect(plan(attached(), exported({ address: { exportName, port, address, kind } }))).toEqual({ kind: 'nothing' });
    expect(plan(attached({ state: 'reserved', host: null, address: null }), undefined)).toEqual({ kind: 'nothing' });
  });

  it('are exported again where the storage host cannot serve them, which is no defect', () => {
    expect(plan(attached(), exported({ isServed: false }))).toMatchObject({ kind: 'correct', name: 'export-not-served', repair: { kind: 'export', isRaised: false }, isDefect: false });
  });

  it('are exported again where the storage host has lost them, above what it says is gone', () => {
    expect(plan(attached(), undefined)).toMatchObject({ name: 'export-missing', repair: { kind: 'export', isRaised: false } });
    expect(plan(attached(), exported({ address: null, generation: 2, isServed: false }))).toMatchObject({ name: 'export-missing', repair: { kind: 'export', isRaised: false } });
    expect(plan(attached(), exported({ address: null, generation: 3, isServed: false }))).toMatchObject({ name: 'export-missing', repair: { kind: 'export', isRaised: true } });
  });

  it('learn where their exports have moved', () => {
    expect(plan(attached(), exported({ address: elsewhere }))).toMatchObject({ name: 'export-moved', repair: { kind: 'note-address' } });
  });

  it('do not keep exports that are nobody\'s', () => {
    const gone = attached({ state: 'deleted', host: null, address: null, detachedAt: new Date(NOW - hours(1)) });
    for (const attachment of [undefined, gone, attached({ state: 'error', host: null }), attached({ isHere: false })]) {
      expect(plan(attachment, exported())).toMatchObject({ kind: 'correct', repair: { kind: 'remove' }, isDefect: true });
    }
  });

  it('are forgotten when they have been gone for long', () => {
    const gone = (ago: number) => attached({ state: 'deleted', host: null, detachedAt: new Date(NOW - ago) });
    expect(plan(gone(REMEMBERED - 1), undefined)).toEqual({ kind: 'nothing' });
    expect(plan(gone(REMEMBERED + 1), undefined)).toMatchObject({ repair: { kind: 'forget' }, isDefect: false });
    expect(plan(undefined, exported({ address: null }))).toMatchObject({ repair: { kind: 'forget' }, isDefect: false });
  });

  it('alarm where something is on its way and nobody is responsible', () => {
    expect(plan(attached({ state: 'connecting' }), undefined)).toMatchObject({ kind: 'alarm', repair: { kind: 'release' } });
    expect(plan(attached({ state: 'detaching', isLeaving: true }), exported())).toMatchObject({ kind: 'alarm', repair: { kind: 'release' } });
    expect(plan(attached({ state: 'error', isLeaving: true }), exported())).toMatchObject({ kind: 'alarm', repair: { kind: 'release' } });
  });

  it('wait for compute where compute has only begun to detach', () => {
    expect(plan(attached({ state: 'detaching' }), exported())).toEqual({ kind: 'nothing' });
  });

  it('are nobody\'s business while an operation or a debt is', () => {
    const any = fc.record({
      attachment: fc.option(fc.record({
        state: fc.constantFrom('reserved', 'connecting', 'attaching', 'attached', 'detaching', 'error', 'deleted'), owner: fc.constantFrom('user', 'compute'),
        isLeaving: fc.boolean(), host: fc.constantFrom(null, 'node-1'), generation: fc.integer({ min: 1, max: 4 }), isHere: fc.boolean(), isSilent: fc.boolean(),
      }), { nil: undefined }),
      found: fc.option(fc.record({ generation: fc.integer({ min: 1, max: 4 }), address: fc.constantFrom(null, here, elsewhere), isServed: fc.boolean() }), { nil: undefined }),
      isOwed: fc.boolean(),
    });
    fc.assert(fc.property(any, ({ attachment, found, isOwed }) => {
      const living = attachment && attached(attachment as Partial<Living>);
      expect(plan(living, found && exported(found), { isOwed, hasOperation: !isOwed }).kind).toBe('leave-alone');
    }));
  });

  it('are not told of to a storage host that is silent', () => {
    expect(plan(attached({ isSilent: true }), exported({ isServed: false }))).toMatchObject({ kind: 'leave-alone' });
  });
});

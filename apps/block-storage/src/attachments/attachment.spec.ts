import { fc } from '@virga/testing/fast-check';
import { attachmentMoves, attachStatus, connectionStep, isReservable, standingAfter, statusFrom, type AttachmentState } from './attachment.js';

const states = attachmentMoves.states.filter((state) => state !== 'deleted');
const standing = fc.record({ state: fc.constantFrom(...states), isLeaving: fc.boolean() });
const at = (state: AttachmentState, isLeaving = false) => ({ state, isLeaving });

describe('the statuses of a volume and its attachments', () => {
  it.each([
    [[], 'available'],
    [[at('reserved')], 'reserved'],
    [[at('connecting')], 'attaching'],
    [[at('attaching')], 'attaching'],
    [[at('attached')], 'in-use'],
    [[at('detaching')], 'detaching'],
    [[at('error')], 'reserved'],
    [[at('error', true)], 'error_detaching'],
    [[at('detaching'), at('attached')], 'detaching'],
    [[at('reserved'), at('detaching')], 'detaching'],
    [[at('reserved'), at('attaching')], 'attaching'],
  ] as const)('with attachments %j a volume is %s', (attachments, status) => {
    expect(statusFrom(attachments)).toBe(status);
  });

  it('is available exactly when nobody has any attachment of it', () => {
    fc.assert(fc.property(fc.array(standing, { maxLength: 5 }), (attachments) => {
      expect(statusFrom(attachments) === 'available').toBe(attachments.length === 0);
    }));
  });

  it('does not depend on the order of the attachments', () => {
    fc.assert(fc.property(fc.array(standing, { maxLength: 5 }), (attachments) => {
      expect(statusFrom([...attachments].reverse())).toBe(statusFrom(attachments));
    }));
  });

  it('leaves alone what else is being done to the volume, and changes what that will go back to', () => {
    for (const status of ['creating', 'deleting', 'extending', 'backing-up', 'uploading', 'retyping', 'maintenance', 'error', 'awaiting-transfer'] as const) {
      expect(standingAfter({ status, previousStatus: 'in-use' }, [])).toEqual({ status, previousStatus: 'available' });
      expect(standingAfter({ status, previousStatus: 'error' }, [at('attached')])).toEqual({ status, previousStatus: 'error' });
    }
  });

  it('ends an error that an operator has set when the volume is detached', () => {
    expect(standingAfter({ status: 'error', previousStatus: null }, [], { hasLost: true }).status).toBe('available');
    expect(standingAfter({ status: 'maintenance', previousStatus: null }, [], { hasLost: true }).status).toBe('maintenance');
  });

  it('lets one more have a volume only where it is free, or made for several', () => {
    expect(isReservable({ status: 'available', isMultiattach: false })).toBe(true);
    expect(isReservable({ status: 'in-use', isMultiattach: false })).toBe(false);
    expect(isReservable({ status: 'in-use', isMultiattach: true })).toBe(true);
    for (const status of ['error', 'creating', 'deleting', 'awaiting-transfer', 'maintenance', 'error_detaching', 'backing-up'] as const) {
      expect(isReservable({ status, isMultiattach: true })).toBe(false);
    }
  });
});

describe('the states of an attachment', () => {
  it('are shown in the words of the API', () => {
    expect(states.map((state) => attachStatus(at(state)))).toEqual(['reserved', 'attaching', 'attaching', 'attached', 'detaching', 'error_attaching']);
    expect(attachStatus(at('error', true))).toBe('error_detaching');
  });

  it('lead out of every state but the last, and never back from it', () => {
    for (const state of states) expect([...attachmentMoves.states].some((next) => attachmentMoves.allows(state, next))).toBe(true);
    expect(attachmentMoves.states.some((next) => attachmentMoves.allows('deleted', next))).toBe(false);
  });

  const wanted = { host: 'node-1', mode: 'rw' as const };
  const seen = (state: AttachmentState, host: string | null, isLeaving = false) => ({ state, isLeaving, host, mode: 'rw' as const });

  it('are connected once to the same host, and anew to another', () => {
    expect(connectionStep(seen('reserved', null), wanted)).toBe('make');
    expect(connectionStep(seen('connecting', 'node-1'), wanted)).toBe('is-coming');
    expect(connectionStep(seen('attaching', 'node-1'), wanted)).toBe('is-there');
    expect(connectionStep(seen('attached', 'node-1'), wanted)).toBe('is-there');
    expect(connectionStep(seen('attached', 'node-2'), wanted)).toBe('make');
    expect(connectionStep(seen('error', 'node-1'), wanted)).toBe('make');
    expect(connectionStep(seen('attached', 'node-1'), { host: 'node-1', mode: 'ro' })).toBe('make');
  });

  it('are never connected when they are on their way out, or on their way to somebody else', () => {
    expect(connectionStep(seen('detaching', 'node-1'), wanted)).toBe('impossible');
    expect(connectionStep(seen('error', 'node-1', true), wanted)).toBe('impossible');
    expect(connectionStep(seen('connecting', 'node-2'), wanted)).toBe('impossible');
    expect(connectionStep(seen('deleted', null), wanted)).toBe('impossible');
  });
});

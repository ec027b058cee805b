import { Invalid } from '@virga/kernel';
import { resetOf } from './status-reset.js';

describe('resetting what a volume is said to be', () => {
  it('takes the words in any case, and none for never migrated', () => {
    expect(resetOf({ status: 'ERROR', migration_status: 'None' }, 0)).toEqual({ status: 'error', migrationStatus: null });
  });

  it('leaves alone what is not said', () => {
    expect(resetOf({ attach_status: 'detached', status: null }, 0)).toEqual({ status: undefined, migrationStatus: undefined });
    expect(resetOf({ migration_status: 'success' }, 1)).toEqual({ status: undefined, migrationStatus: 'success' });
  });

  it.each([
    [{}, 0], [{ status: '' }, 0], [{ status: 'deleting' }, 0], [{ status: 'deleted' }, 0], [{ status: 'on fire' }, 0], [{ status: 'in-use' }, 0],
    [{ attach_status: 'detached' }, 1], [{ attach_status: 'attached' }, 0], [{ attach_status: 'attaching' }, 1], [{ migration_status: 'walking' }, 0],
  ])('refuses %j with %i attachments', (request, attachments) => {
    expect(() => resetOf(request, attachments)).toThrow(Invalid);
  });

  it('lets a volume with attachments be in use', () => {
    expect(resetOf({ status: 'in-use', attach_status: 'attached' }, 1).status).toBe('in-use');
  });
});

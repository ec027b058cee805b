import type { Container } from '../../containers/index.js';
import type { CanonicalUser } from '../acl/acl.js';
import { isAllowed, type Case } from './judgement.js';

const alice: CanonicalUser = { projectId: 'p1', userId: 'alice', id: 'p1:alice', displayName: 'p1:alice' };
const bucketOf = (settings: Container['settings']): Container => ({ account: 'AUTH_p1', name: 'b', settings } as Container);
const may = (person: Case['person'], action: string, settings: Container['settings']): boolean => isAllowed({
  person, action, bucket: bucketOf(settings), object: undefined, policy: undefined,
  question: { principal: undefined, action, resource: 'b/o', values: () => undefined },
});

describe('who owns a bucket', () => {
  const member = { projectId: 'p1', userId: 'bob', isOperator: true };
  const guest = { projectId: 'p1', userId: 'guest', isOperator: false };

  it.each(['s3:PutObject', 's3:DeleteObject', 's3:ListBucket'])('are its project\'s operators, however it was made: %s', (action) => {
    for (const settings of [{}, { owner: alice }]) {
      expect([may(member, action, settings), may(guest, action, settings), may({ ...member, projectId: 'p2' }, action, settings), may(undefined, action, settings)]).toEqual([true, false, false, false]);
    }
  });

  it('is not who made it once they have no such role any more', () => {
    expect(may({ projectId: 'p1', userId: 'alice', isOperator: false }, 's3:PutObject', { owner: alice })).toBe(false);
  });

  it('leaves those in whom a grant names', () => {
    const acl = [{ grantee: { user: { ...alice, projectId: 'p2', userId: 'carol', id: 'p2:carol' } }, permission: 'WRITE' as const }];
    expect(may({ projectId: 'p2', userId: 'carol', isOperator: false }, 's3:PutObject', { owner: alice, acl })).toBe(true);
  });
});

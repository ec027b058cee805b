import { parseCheck, type Check, type Subject } from './check.js';

const subject = (over: Partial<Subject> = {}): Subject => ({
  credentials: { user_id: 'u1', project_id: 'p1', is_admin: false, system_scope: undefined },
  roles: new Set(['member', 'reader']),
  target: { project_id: 'p1', user_id: 'u2', target: { user: { domain_id: 'd1' } } },
  ...over,
});

const rules = new Map<string, Check>([['owner', parseCheck('project_id:%(project_id)s')], ['admin', parseCheck('role:admin')]]);
const holds = (text: string, over: Partial<Subject> = {}): boolean => parseCheck(text)(subject(over), rules);

describe('parseCheck', () => {
  it.each([
    ['', true], ['@', true], ['!', false],
    ['role:member', true], ['role:MEMBER', true], ['role:admin', false],
    ['project_id:%(project_id)s', true], ['user_id:%(user_id)s', false],
    ['rule:owner', true], ['rule:admin or rule:owner', true], ['rule:admin and rule:owner', false], ['rule:unknown', false],
    ['not rule:admin', true], ['not rule:admin and rule:owner', true], ['not (rule:admin or rule:owner)', false],
    ['(role:admin) or (role:member and project_id:%(project_id)s)', true],
    ['role:admin or role:reader and user_id:%(user_id)s', false],
    ['is_admin:False', true], ['is_admin:True', false],
    ['system_scope:all', false],
    ["'p1':%(project_id)s", true], ['"p2":%(project_id)s', false],
    ['user_id:%(missing)s', false], ['missing:%(project_id)s', false],
    ['missing:None', true], ['project_id:None', false], ['not project_id:None', true], ['None:%(missing)s', false], ['not None:%(project_id)s', true],
  ])('%s is %s', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it('looks up dotted attributes of the target', () => {
    expect(holds('domain_id:%(target.user.domain_id)s', { credentials: { domain_id: 'd1' } })).toBe(true);
  });

  it('does not take a missing credential for a missing target', () => {
    expect(holds('project_id:%(project_id)s', { credentials: {}, target: {} })).toBe(false);
    expect(holds('project_id:%(project_id)s', { credentials: { project_id: undefined }, target: { project_id: null } })).toBe(false);
  });

  it.each(['role', 'role:a and', '(role:a', 'role:a)', 'and role:a', 'role:a role:b'])('refuses %s', (text) => {
    expect(() => parseCheck(text)).toThrow(/cannot be read/);
  });
});

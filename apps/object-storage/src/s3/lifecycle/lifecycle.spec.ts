import { fc } from '@virga/testing/fast-check';
import type { ObjectId, StoredObject } from '../../objects/index.js';
import type { ContainerId } from '../../containers/index.js';
import { readXml } from '../xml/xml-reader.js';
import { lifecycleDocument, readLifecycle } from './lifecycle-document.js';
import { LifecyclePlan, staleUploads, type LifecycleAction } from './lifecycle-plan.js';
import { dueAt, expiryOf, expirationHeader, type LifecycleRule } from './lifecycle-rules.js';

const DAY = 86_400_000;
const NOW = Date.parse('2026-06-15T12:00:00Z');
const ago = (days: number) => NOW - days * DAY;

const rule = (changes: Partial<LifecycleRule>): LifecycleRule => ({ id: 'r', isEnabled: true, filter: {}, form: 'filter', ...changes });

/** A version of `name`, put so many days ago. */
function version(name: string, days: number, changes: Partial<StoredObject> = {}): StoredObject {
  return {
    id: `${name}-${days}` as ObjectId, containerId: 'c' as ContainerId, name, version: BigInt(ago(days)) * 1000n, isNullVersion: false, isCurrent: false, isDeleteMarker: false, sizeBytes: 10,
    etag: '', contentType: '', metadata: {}, settings: {}, modifiedAt: ago(days) * 1000, ...changes,
  };
}

function planned(rules: LifecycleRule[], versions: StoredObject[]): string[] {
  const plan = new LifecyclePlan({ rules, now: NOW, dayMs: DAY });
  const actions: LifecycleAction[] = [...versions.flatMap((object) => plan.see(object)), ...plan.end()];
  return actions.map(({ kind, object }) => `${kind} ${object.id}`);
}

const current = { isCurrent: true };
const marker = { isDeleteMarker: true };

describe('a lifecycle plan', () => {
  it('lets go of current objects that are old enough, counted from the midnight after', () => {
    const rules = [rule({ expiration: { days: 2 }, filter: { prefix: 'old/' } })];
    expect(planned(rules, [version('new/a', 9, current), version('old/a', 2.4, current), version('old/b', 2.6, current), version('old/c', 9, current)])).toEqual(['expire old/b-2.6', 'expire old/c-9']);
  });

  it('looks at tags and sizes, and leaves out rules that are off', () => {
    const tagged = version('a', 9, { ...current, settings: { tags: [['k', 'v']] } });
    expect(planned([rule({ expiration: { days: 1 }, filter: { tags: [['k', 'v']] } })], [tagged, version('b', 9, current)])).toEqual(['expire a-9']);
    expect(planned([rule({ expiration: { days: 1 }, filter: { tags: [['k', 'v'], ['l', 'w']] } })], [tagged])).toEqual([]);
    expect(planned([rule({ expiration: { days: 1 }, filter: { sizeGreaterThan: 10 } })], [tagged])).toEqual([]);
    expect(planned([rule({ expiration: { days: 1 }, filter: { sizeGreaterThan: 9, sizeLessThan: 11 } })], [tagged])).toEqual(['expire a-9']);
    expect(planned([rule({ expiration: { days: 1 }, isEnabled: false })], [tagged])).toEqual([]);
  });

  it('takes a date for what is past', () => {
    expect(planned([rule({ expiration: { date: ago(1) } })], [version('a', 0, current)])).toEqual(['expire a-0']);
    expect(planned([rule({ expiration: { date: NOW + DAY } })], [version('a', 99, current)])).toEqual([]);
  });

  it('counts the age of older versions from when they were succeeded, and keeps the newest of them', () => {
    const versions = [version('a', 1, current), version('a', 5), version('a', 20), version('a', 30)];
    expect(planned([rule({ noncurrentExpiration: { days: 3 } })], versions)).toEqual(['remove-version a-20', 'remove-version a-30']);
    expect(planned([rule({ noncurrentExpiration: { days: 3, newerVersions: 2 } })], versions)).toEqual(['remove-version a-30']);
    expect(planned([rule({ noncurrentExpiration: { days: 1 } })], [version('a', 9, current), version('b', 9)])).toEqual([]);
  });

  it('removes a delete marker that hides nothing, by name or when it is old enough', () => {
    const lone = [version('a', 1, { ...current, ...marker })];
    expect(planned([rule({ expiration: { expiredDeleteMarker: true } })], lone)).toEqual(['remove-version a-1']);
    expect(planned([rule({ expiration: { expiredDeleteMarker: true } })], [...lone, version('a', 5)])).toEqual([]);
    expect(planned([rule({ expiration: { expiredDeleteMarker: false } })], lone)).toEqual([]);
    expect(planned([rule({ expiration: { days: 9 } })], lone)).toEqual([]);
    expect(planned([rule({ expiration: { days: 1 } })], [version('a', 9, { ...current, ...marker })])).toEqual(['remove-version a-9']);
  });

  it('leaves locked versions alone', () => {
    const held = { settings: { retention: { mode: 'COMPLIANCE' as const, until: NOW + 1 } } };
    expect(planned([rule({ noncurrentExpiration: { days: 1 } })], [version('a', 9, current), version('a', 20, held), version('a', 30, { settings: { legalHold: true } })])).toEqual([]);
  });

  it('plans the same wherever it begins, at any name', async () => {
    const rules = [rule({ expiration: { days: 3 }, noncurrentExpiration: { days: 2 } }), rule({ id: 's', expiration: { expiredDeleteMarker: true } })];
    const names = fc.array(fc.array(fc.record({ days: fc.integer({ min: 0, max: 9 }), isDeleteMarker: fc.boolean() }), { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    fc.assert(fc.property(names, (lists) => {
      const all = lists.flatMap((list, index) => [...list].sort((one, other) => one.days - other.days).map(({ days, isDeleteMarker }, at) => version(`n${index}`, days, { isCurrent: at === 0, isDeleteMarker })));
      const apart = lists.flatMap((_, index) => planned(rules, all.filter(({ name }) => name === `n${index}`)));
      expect(planned(rules, all)).toEqual(apart);
    }));
  });

  it('gives up uploads that began before the midnight so many days back', () => {
    expect(staleUploads([rule({ abortUploadsAfterDays: 2, filter: { prefix: 'a/' } }), rule({ expiration: { days: 1 } })], NOW, DAY)).toEqual([{ prefix: 'a/', before: Date.parse('2026-06-13T00:00:00Z') }]);
  });
});

describe('when an object expires', () => {
  it('is the earliest of its rules, at a midnight', () => {
    expect(new Date(dueAt(NOW, 1, DAY)).toISOString()).toBe('2026-06-17T00:00:00.000Z');
    const rules = [rule({ id: 'late', expiration: { days: 9 } }), rule({ id: 'a "b"', expiration: { days: 1 } }), rule({ id: 'off', isEnabled: false, expiration: { days: 1 } })];
    const expiry = expiryOf(rules, { name: 'a', sizeBytes: 1, tags: [] }, NOW, DAY);
    expect(expirationHeader(expiry)).toBe('expiry-date="Wed, 17 Jun 2026 00:00:00 GMT", rule-id="a%20%22b%22"');
    expect(expirationHeader(expiryOf([], { name: 'a', sizeBytes: 1, tags: [] }, NOW, DAY))).toBeUndefined();
  });
});

describe('the lifecycle document', () => {
  const read = (inner: string) => readLifecycle(readXml(Buffer.from(`<LifecycleConfiguration>${inner}</LifecycleConfiguration>`), 'LifecycleConfiguration'));
  const one = (inner: string, status = 'Enabled') => `<Rule><ID>x</ID><Status>${status}</Status>${inner}</Rule>`;
  const days = (count: string) => `<Expiration><Days>${count}</Days></Expiration>`;

  it('is written as it is read', () => {
    const rules: LifecycleRule[] = [
      rule({ id: '1', form: 'prefix', filter: { prefix: 'a/' }, expiration: { days: 3 } }), rule({ id: '2', filter: {}, expiration: { date: Date.parse('2030-01-01') } }), rule({ id: '3', filter: { tags: [['k', 'v']] }, expiration: { days: 1 } }),
      rule({ id: '4', form: 'and', filter: { prefix: 'p', tags: [['k', 'v'], ['l', 'w']], sizeGreaterThan: 1, sizeLessThan: 9 }, expiration: { days: 1 }, isEnabled: false }),
      rule({ id: '5', expiration: { expiredDeleteMarker: true }, noncurrentExpiration: { days: 4, newerVersions: 2 }, abortUploadsAfterDays: 7 }),
    ];
    expect(readLifecycle(readXml(Buffer.from(lifecycleDocument(rules)), 'LifecycleConfiguration'))).toEqual(rules);
  });

  it('gives ids to rules without one, and takes conditions beside And together', () => {
    expect(read(`<Rule><Status>Enabled</Status><Prefix/>${days('1')}</Rule>`)[0]?.id).toMatch(/^[0-9a-f]{32}$/);
    const [both] = read(one(`<Filter><Prefix>days1/</Prefix><Tag><Key>a</Key><Value>1</Value></Tag><And><Prefix>days1</Prefix><Tag><Key>b</Key><Value>2</Value></Tag></And></Filter>${days('1')}`));
    expect(both?.filter).toEqual({ prefix: 'days1/', tags: [['a', '1'], ['b', '2']] });
  });

  it.each([
    ['', 'MalformedXML'], [one('<Prefix/>'), 'InvalidRequest'], [one(`<Prefix/>${days('1')}`, 'enabled'), 'MalformedXML'], [one(days('1')), 'MalformedXML'], [one(`<Prefix/><Filter/>${days('1')}`), 'MalformedXML'],
    [one(`<Prefix/>${days('0')}`), 'InvalidArgument'], [one(`<Prefix/>${days('-3')}`), 'InvalidArgument'], [one(`<Prefix/>${days('x')}`), 'MalformedXML'], [one('<Prefix/><Expiration/>'), 'MalformedXML'],
    [one('<Prefix/><Expiration><Date>20200101</Date></Expiration>'), 'MalformedXML'], [one('<Prefix/><Expiration><Date>2020-01-01T01:00:00Z</Date></Expiration>'), 'InvalidArgument'],
    [one(`<Prefix/>${days('1')}`) + one(`<Prefix/>${days('2')}`), 'InvalidArgument'], [`<Rule><ID>${'i'.repeat(256)}</ID><Status>Enabled</Status><Prefix/>${days('1')}</Rule>`, 'InvalidArgument'],
    [one('<Prefix/><Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>'), 'InvalidStorageClass'], [one('<Prefix/><Transition><Date>2020</Date></Transition>'), 'MalformedXML'],
    [one('<Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>'), 'InvalidRequest'],
    [one(`<Filter><And><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>5</ObjectSizeLessThan></And></Filter>${days('1')}`), 'InvalidArgument'],
    [one('<Prefix/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>101</NewerNoncurrentVersions></NoncurrentVersionExpiration>'), 'InvalidArgument'],
  ])('refuses %.90s', (inner, code) => expect(() => read(inner)).toThrow(expect.objectContaining({ code })));
});

import { isHeld } from '../../objects/index.js';
import { readXml } from '../xml/xml-reader.js';
import { defaultRetention, requireRetentionChange, type Retention } from './object-lock.js';
import { bucketLockDocument, lockHeaders, lockOfHeaders, readBucketLock, readLegalHold, readRetention, retentionDocument } from './object-lock-documents.js';

const NOW = Date.parse('2026-02-28T12:00:00Z');
const governance = (until: number): Retention => ({ mode: 'GOVERNANCE', until });
const compliance = (until: number): Retention => ({ mode: 'COMPLIANCE', until });
const root = (text: string, name: string) => readXml(Buffer.from(text), name);

describe('a lock', () => {
  it('holds until its time is over; governance only against those who may not set it aside', () => {
    expect(isHeld({ retention: governance(NOW + 1) }, NOW)).toBe(true);
    expect(isHeld({ retention: governance(NOW + 1) }, NOW, true)).toBe(false);
    expect(isHeld({ retention: compliance(NOW + 1) }, NOW, true)).toBe(true);
    expect(isHeld({ retention: compliance(NOW) }, NOW)).toBe(false);
    expect(isHeld({ legalHold: true, retention: compliance(NOW) }, NOW, true)).toBe(true);
    expect(isHeld({ legalHold: false }, NOW)).toBe(false);
  });

  it.each<[string, Retention | undefined, Retention | undefined, boolean, boolean]>([
    ['the first', undefined, governance(NOW + 5), false, true], ['a longer governance', governance(NOW + 5), governance(NOW + 6), false, true], ['a shorter governance', governance(NOW + 5), governance(NOW + 4), false, false],
    ['a shorter governance by right', governance(NOW + 5), governance(NOW + 4), true, true], ['no governance', governance(NOW + 5), undefined, false, false], ['no governance by right', governance(NOW + 5), undefined, true, true],
    ['compliance for governance', governance(NOW + 5), compliance(NOW + 5), false, false], ['compliance for governance by right', governance(NOW + 5), compliance(NOW + 5), true, true],
    ['a longer compliance', compliance(NOW + 5), compliance(NOW + 6), false, true], ['a shorter compliance by right', compliance(NOW + 5), compliance(NOW + 4), true, false],
    ['governance for compliance by right', compliance(NOW + 5), governance(NOW + 9), true, false], ['anything after the end', compliance(NOW), undefined, false, true],
  ])('may become %s: as S3 says', (_, current, wanted, bypasses, isAllowed) => {
    const change = () => requireRetentionChange(current, wanted, NOW, bypasses);
    if (isAllowed) expect(change).not.toThrow();
    else expect(change).toThrow(expect.objectContaining({ code: 'AccessDenied' }));
  });

  it('by default lasts days, or years of the calendar', () => {
    expect(defaultRetention({ defaultRetention: { mode: 'GOVERNANCE', days: 2 } }, NOW)).toEqual(governance(Date.parse('2026-03-02T12:00:00Z')));
    expect(defaultRetention({ defaultRetention: { mode: 'COMPLIANCE', years: 2 } }, NOW)).toEqual(compliance(Date.parse('2028-02-28T12:00:00Z')));
    expect(defaultRetention({}, NOW)).toBeUndefined();
  });
});

describe('documents and headers of locks', () => {
  const lock = (inner: string) => readBucketLock(root(`<ObjectLockConfiguration>${inner}</ObjectLockConfiguration>`, 'ObjectLockConfiguration'));
  const rule = (inner: string) => `<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>${inner}</DefaultRetention></Rule>`;

  it('are written as they are read', () => {
    for (const bucket of [{}, { defaultRetention: { mode: 'GOVERNANCE' as const, days: 7 } }, { defaultRetention: { mode: 'COMPLIANCE' as const, years: 1 } }]) {
      expect(readBucketLock(root(bucketLockDocument(bucket), 'ObjectLockConfiguration'))).toEqual(bucket);
    }
    expect(readRetention(root(retentionDocument(governance(NOW + 1000)), 'Retention'), NOW)).toEqual(governance(NOW + 1000));
    expect(lockOfHeaders((name) => lockHeaders({ retention: compliance(NOW + 1000), legalHold: true })[name], NOW)).toEqual({ retention: compliance(NOW + 1000), legalHold: true });
  });

  it.each([
    ['', 'MalformedXML'], ['<ObjectLockEnabled>Disabled</ObjectLockEnabled>', 'MalformedXML'], [rule('<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>'), 'MalformedXML'], [rule('<Mode>GOVERNANCE</Mode>'), 'MalformedXML'],
    [rule('<Mode>governance</Mode><Days>1</Days>'), 'MalformedXML'], [rule('<Mode>GOVERNANCE</Mode><Days>0</Days>'), 'InvalidRetentionPeriod'], [rule('<Mode>GOVERNANCE</Mode><Years>-1</Years>'), 'InvalidRetentionPeriod'],
    [rule('<Mode>GOVERNANCE</Mode><Years>101</Years>'), 'InvalidRetentionPeriod'], [rule('<Mode>GOVERNANCE</Mode><Days>soon</Days>'), 'MalformedXML'],
  ])('refuse the configuration %s', (inner, code) => expect(() => lock(inner)).toThrow(expect.objectContaining({ code })));

  it.each([
    ['<Mode>GOVERNANCE</Mode>', 'MalformedXML'], ['<RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>', 'MalformedXML'],
    ['<Mode>GOVERNANCE</Mode><RetainUntilDate>later</RetainUntilDate>', 'MalformedXML'], ['<Mode>GOVERNANCE</Mode><RetainUntilDate>2020-01-01T00:00:00Z</RetainUntilDate>', 'InvalidArgument'],
  ])('refuse the retention %s', (inner, code) => expect(() => readRetention(root(`<Retention>${inner}</Retention>`, 'Retention'), NOW)).toThrow(expect.objectContaining({ code })));

  it('refuse a hold that is neither on nor off, and half of a retention', () => {
    expect(() => readLegalHold(root('<LegalHold><Status>on</Status></LegalHold>', 'LegalHold'))).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
    for (const headers of [{ 'x-amz-object-lock-mode': 'GOVERNANCE' }, { 'x-amz-object-lock-retain-until-date': '2030-01-01T00:00:00Z' }, { 'x-amz-object-lock-legal-hold': 'yes' }, { 'x-amz-object-lock-mode': 'x', 'x-amz-object-lock-retain-until-date': '2030-01-01T00:00:00Z' }] as Record<string, string>[]) {
      expect(() => lockOfHeaders((name) => headers[name], NOW)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    }
  });
});

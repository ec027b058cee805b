import type { Instant } from '@virga/kernel';
import { S3Error, invalidArgument } from '../s3-error.js';
import type { XmlNode } from '../xml/xml-reader.js';
import { xml, xmlDocument } from '../xml/xml-writer.js';
import type { BucketLock, ObjectLock, Retention, RetentionMode } from './object-lock.js';

/** S3's own limits of a default retention. */
const MOST_DAYS = 36_500;
const MOST_YEARS = 100;

/** Reads an `ObjectLockConfiguration`. Throws `MalformedXML` and `InvalidRetentionPeriod`. */
export function readBucketLock(root: XmlNode): BucketLock {
  if (root.textOf('ObjectLockEnabled') !== 'Enabled') throw new S3Error('MalformedXML');
  const rule = root.find('Rule');
  if (rule === undefined) return {};
  const retention = rule.find('DefaultRetention');
  if (retention === undefined) throw new S3Error('MalformedXML');
  const mode = modeOf(retention.textOf('Mode'));
  const [days, years] = [retention.textOf('Days'), retention.textOf('Years')];
  if ((days === undefined) === (years === undefined)) throw new S3Error('MalformedXML');
  return days === undefined ? { defaultRetention: { mode, years: period(years, MOST_YEARS) } } : { defaultRetention: { mode, days: period(days, MOST_DAYS) } };
}

function period(text: string | undefined, most: number): number {
  if (text === undefined || !/^[+-]?\d{1,9}$/.test(text.trim())) throw new S3Error('MalformedXML');
  const value = Number(text);
  if (value < 1 || value > most) throw new S3Error('InvalidRetentionPeriod', { message: 'Default retention period must be a positive integer value.' });
  return value;
}

export function bucketLockDocument({ defaultRetention: rule }: BucketLock): string {
  const length = rule === undefined ? undefined : 'days' in rule ? xml('Days', rule.days) : xml('Years', rule.years);
  return xmlDocument('ObjectLockConfiguration', [
    xml('ObjectLockEnabled', 'Enabled'),
    rule === undefined ? undefined : xml('Rule', [xml('DefaultRetention', [xml('Mode', rule.mode), length])]),
  ]);
}

/** Reads a `Retention` document; an empty one asks to take it away. Throws `MalformedXML` and `InvalidArgument`. */
export function readRetention(root: XmlNode, now: Instant): Retention | undefined {
  const [mode, until] = [root.textOf('Mode'), root.textOf('RetainUntilDate')];
  if (mode === undefined && until === undefined) return undefined;
  if (until === undefined) throw new S3Error('MalformedXML');
  return { mode: modeOf(mode), until: futureDate(until, now, () => new S3Error('MalformedXML')) };
}

export function retentionDocument(retention: Retention): string {
  return xmlDocument('Retention', [xml('Mode', retention.mode), xml('RetainUntilDate', new Date(retention.until).toISOString())]);
}

/** Reads a `LegalHold` document. Throws `MalformedXML`. */
export function readLegalHold(root: XmlNode): boolean {
  const status = root.textOf('Status');
  if (status !== 'ON' && status !== 'OFF') throw new S3Error('MalformedXML');
  return status === 'ON';
}

export function legalHoldDocument(isOn: boolean): string {
  return xmlDocument('LegalHold', [xml('Status', isOn ? 'ON' : 'OFF')]);
}

const MODE = 'x-amz-object-lock-mode';
const UNTIL = 'x-amz-object-lock-retain-until-date';
const HOLD = 'x-amz-object-lock-legal-hold';

/** What the headers of a put ask for; undefined where none does. Throws `InvalidArgument`. */
export function lockOfHeaders(header: (name: string) => string | undefined, now: Instant): ObjectLock | undefined {
  const retention = retentionOfHeaders(header(MODE), header(UNTIL), now);
  const legalHold = holdOfHeader(header(HOLD));
  if (retention === undefined && legalHold === undefined) return undefined;
  return { ...(retention !== undefined && { retention }), ...(legalHold !== undefined && { legalHold }) };
}

function retentionOfHeaders(mode: string | undefined, until: string | undefined, now: Instant): Retention | undefined {
  if (mode === undefined && until === undefined) return undefined;
  if (mode === undefined || until === undefined) {
    throw new S3Error('InvalidArgument', { message: `${UNTIL} and ${MODE} must both be supplied`, fields: { ArgumentName: mode === undefined ? MODE : UNTIL } });
  }
  if (mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') throw invalidArgument(MODE, mode, 'Unknown wormMode directive.');
  return { mode, until: futureDate(until, now, () => invalidArgument(UNTIL, until)) };
}

function holdOfHeader(hold: string | undefined): boolean | undefined {
  if (hold === undefined) return undefined;
  if (hold !== 'ON' && hold !== 'OFF') throw invalidArgument(HOLD, hold, 'Legal Hold must be either of \'ON\' or \'OFF\'');
  return hold === 'ON';
}

/** The headers that tell of an object's lock. */
export function lockHeaders({ retention, legalHold }: ObjectLock): Record<string, string> {
  return {
    ...(retention !== undefined && { [MODE]: retention.mode, [UNTIL]: new Date(retention.until).toISOString() }),
    ...(legalHold !== undefined && { [HOLD]: legalHold ? 'ON' : 'OFF' }),
  };
}

function modeOf(text: string | undefined): RetentionMode {
  if (text !== 'GOVERNANCE' && text !== 'COMPLIANCE') throw new S3Error('MalformedXML');
  return text;
}

function futureDate(text: string, now: Instant, malformed: () => S3Error): Instant {
  const at = /^\d{4}-\d{2}-\d{2}T/.test(text.trim()) ? Date.parse(text.trim()) : NaN;
  if (Number.isNaN(at)) throw malformed();
  if (at <= now) throw invalidArgument(UNTIL, text, 'The retain until date must be in the future!');
  return at;
}

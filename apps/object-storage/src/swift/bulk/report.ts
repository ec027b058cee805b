import { reasons } from '../faults/index.js';
import { listingType, type ListingType } from '../listings/index.js';

/** The formats in which Swift tells what became of many things at once. */
export type ReportFormat = ListingType;

/** What happened, by Swift's words in the order in which they are told, and each thing that failed with its status. */
export interface Report {
  facts: Record<string, string | number>;
  failures: readonly Failure[];
}

export interface Failure {
  /** Percent-encoded. */
  name: string;
  status: string;
}

/** `404 Not Found` */
export function statusLine(status: number): string {
  const [title] = reasons[status] ?? [];
  return title === undefined ? String(status) : `${status} ${title}`;
}

/** The report as the body of an answer; `root` is the element that XML wraps it in. */
export function renderReport(format: ReportFormat, { facts, failures }: Report, root: 'extract' | 'delete' | 'upload'): string {
  if (format === 'application/json') return JSON.stringify({ ...facts, Errors: failures.map(({ name, status }) => [name, status]) });
  const entries = Object.entries(facts).sort(([one], [other]) => (one < other ? -1 : 1));
  if (format === 'text/plain') {
    return [...entries.map(([word, value]) => `${word}: ${value}\n`), 'Errors:\n', ...failures.map(({ name, status }) => `${name}, ${status}\n`)].join('');
  }
  const elements = entries.map(([word, value]) => element(word.replaceAll(' ', '_').toLowerCase(), String(value)));
  const objects = failures.map(({ name, status }) => `<object><name>${escaped(name)}</name><status>${escaped(status)}</status></object>\n`);
  return [`<${root}>\n`, ...elements, '<errors>\n', ...objects, `</errors>\n</${root}>\n`].join('');
}

/** The format that an Accept header likes best, or undefined where it likes none or is none; without a header, text. */
export function bestFormat(accept: string | undefined): ReportFormat | undefined {
  try {
    return listingType(null, accept);
  } catch {
    return undefined;
  }
}

function element(name: string, value: string): string {
  return `<${name}>${escaped(value)}</${name}>\n`;
}

/** Escapes what XML 1.0 reserves, and drops what it cannot hold. */
function escaped(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

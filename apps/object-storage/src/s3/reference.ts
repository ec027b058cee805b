import { SUB_RESOURCES, type OperationGroup, type S3Operation } from './operations/operation.js';
import { GROUPS } from './s3.module.js';

const PATHS: Readonly<Record<S3Operation['on'], string>> = { service: '/', 'bucket-name': '/{bucket}', bucket: '/{bucket}', object: '/{bucket}/{key}' };

/** The operations that S3 answers, and what it refuses, as a page. */
export function s3Reference(): string {
  const operations = GROUPS.flatMap((group) => operationsOf(group));
  const implemented = operations.filter(isOfReference);
  const rows = implemented.toSorted(byName).map((operation) => `| ${operation.name} | \`${requestOf(operation)}\` |`);
  const known = new Set(operations.flatMap(({ query }) => query ?? []));
  const absent = [...SUB_RESOURCES].filter((name) => !known.has(name)).toSorted();
  const refused = operations.filter((operation) => !isOfReference(operation)).map(({ query }) => query?.join('&') ?? '').toSorted();
  return [
    '# Object storage: S3', '',
    'Generated from the table of operations, which has the names of Amazon\'s reference. Parameters and answers are as they stand there, but for what',
    '[the guide](../guide/tenants/s3-features.md) says. Paths stand for both styles: `/{bucket}/{key}`, and `/{key}` at the host of a bucket. `OPTIONS` of any',
    'path answers browsers\' preflights by the bucket\'s CORS rules.', '',
    '| operation | request |', '|---|---|', ...rows, '',
    '## Refused', '',
    `- \`NotImplemented\` (501) for everything about ${listed(absent)}, and for setting ${listed(refused)}; what is asked for of the latter is S3's answer for nothing set.`,
    '- Keys of customers (SSE-C) and of a key service (`aws:kms`), MFA Delete, and storage classes to move to.', '',
  ].join('\n');
}

/** Only the table is read: nothing of what a group is given is called before a request comes. */
function operationsOf(group: (typeof GROUPS)[number]): readonly S3Operation[] {
  const { operations } = Reflect.construct(group, []) as OperationGroup;
  return operations;
}

/** Those without a name of S3's only refuse. */
function isOfReference({ name }: S3Operation): boolean {
  return /^[A-Z][A-Za-z0-9]+$/.test(name);
}

function requestOf({ method, on, query = [], header }: S3Operation): string {
  const parameters = query.length === 0 ? '' : `?${query.join('&')}`;
  return `${method} ${PATHS[on]}${parameters}${header === undefined ? '' : `, ${header}`}`;
}

function byName(one: S3Operation, other: S3Operation): number {
  return one.name < other.name ? -1 : 1;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

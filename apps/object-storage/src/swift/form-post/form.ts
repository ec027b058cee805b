import { createHmac } from 'node:crypto';
import { badRequest, SwiftFault } from '../faults/index.js';
import { matchesAny, parseSignature } from '../temp-url/digest.js';

/** The fields of a form that came before a file, by lower-case name; only they count for that file. */
export type FormFields = ReadonlyMap<string, string>;

const invalid = (problem: string): SwiftFault => badRequest(`FormPost: ${problem}`);

/** Not signed, wrongly signed or too late: whoever sends such a form may do nothing. */
const unauthorized = (problem: string): SwiftFault => new SwiftFault(401, `FormPost: ${problem}`);

/** What the signed fields allow one file of a form to be. */
export interface FormGrant {
  maxFileBytes: number;
  /** Headers that the object gets. */
  headers: Record<string, string>;
}

/** A field that must be a whole number, 0 where it is absent; `problem` says what is wrong with any other. */
export function numberField(fields: FormFields, name: string, problem: string): number {
  const text = fields.get(name) ?? '';
  if (text === '') return 0;
  if (!/^\s*[+-]?\d{1,15}\s*$/.test(text)) throw invalid(problem);
  return Number(text);
}

/**
 * Checks the fields of a form for the file that follows them.
 *
 * @param path the decoded path that the form was posted to; it is signed
 * @param keys the temporary-URL keys of the account and the container
 */
export function grantFor(fields: FormFields, path: string, keys: readonly string[], nowSeconds: number): FormGrant {
  if (keys.length === 0) throw unauthorized('Invalid Signature');
  const maxFileBytes = numberField(fields, 'max_file_size', 'max_file_size not an integer');
  const headers = expiryHeaders(fields);
  if (numberField(fields, 'expires', 'expired not an integer') < nowSeconds) throw unauthorized('Form Expired');
  if (!isSigned(fields, path, keys)) throw unauthorized('Invalid Signature');
  return { maxFileBytes, headers };
}

function expiryHeaders(fields: FormFields): Record<string, string> {
  const headers: Record<string, string> = {};
  if (fields.has('x_delete_at')) {
    headers['x-delete-at'] = String(numberField(fields, 'x_delete_at', 'x_delete_at not an integer: Unix timestamp required.'));
  }
  if (fields.has('x_delete_after')) {
    headers['x-delete-after'] = String(numberField(fields, 'x_delete_after', 'x_delete_after not an integer: Number of seconds required.'));
  }
  return headers;
}

/** Whether the fields were signed with one of the keys. What is signed stands in the order of Swift's documentation, as it was sent. */
export function isSigned(fields: FormFields, path: string, keys: readonly string[]): boolean {
  const signature = parseSignature(fields.get('signature') ?? '');
  if (signature === undefined) return false;
  const message = [
    path, fields.get('redirect') ?? '', fields.get('max_file_size') || '0', fields.get('max_file_count') || '0', fields.get('expires') || '0',
  ].join('\n');
  const computed = keys.map((key) => createHmac(signature.digest, key).update(message).digest());
  return matchesAny(signature, computed) >= 0;
}

/** Where the browser is sent when all is done: the form's address with the outcome added to its query. */
export function redirectTarget(redirect: string, status: number, message: string): string {
  return `${redirect}${redirect.includes('?') ? '&' : '?'}status=${status}&message=${encodeURIComponent(message)}`;
}

import { badRequest } from '../faults/index.js';

export const ACCOUNT_ACL_HEADER = 'x-account-access-control';

/** Who else may use an account: `admin` like its owner, `read-write` every container and object, `read-only` to see them. */
export interface AccountAcl {
  admin: readonly string[];
  'read-write': readonly string[];
  'read-only': readonly string[];
}

export type AccountAclLevel = keyof AccountAcl;

const LEVELS: readonly AccountAclLevel[] = ['admin', 'read-write', 'read-only'];

/** The ACL as it is kept: its known keys in ASCII; empty text where nothing is granted. Throws 400 for what is no such ACL. */
export function cleanAccountAcl(value: string): string {
  if (value.trim() === '') return '';
  const granted = parsed(value);
  if (granted === undefined) throw badRequest('Syntax error in header X-Account-Access-Control: not a JSON object');
  for (const [level, names] of Object.entries(granted)) {
    if (!LEVELS.includes(level as AccountAclLevel)) throw badRequest(`Key ${JSON.stringify(level)} not recognized in header X-Account-Access-Control`);
    if (!Array.isArray(names)) throw badRequest(`Value for key ${JSON.stringify(level)} must be a list in header X-Account-Access-Control`);
    if (!names.every((name) => typeof name === 'string')) throw badRequest(`Elements of ${JSON.stringify(level)} list must be strings in header X-Account-Access-Control`);
  }
  const kept = Object.fromEntries(LEVELS.toSorted().filter((level) => (granted[level] as unknown[] | undefined)?.length).map((level) => [level, granted[level]]));
  return Object.keys(kept).length === 0 ? '' : inAscii(JSON.stringify(kept));
}

/** The strongest level that any of `names` has; undefined where the ACL grants them nothing. */
export function levelOf(acl: string | undefined, names: ReadonlySet<string>): AccountAclLevel | undefined {
  const granted = acl === undefined || acl === '' ? undefined : parsed(acl);
  if (granted === undefined) return undefined;
  return LEVELS.find((level) => Array.isArray(granted[level]) && (granted[level] as unknown[]).some((name) => typeof name === 'string' && names.has(name)));
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : undefined;
  } catch {
    return undefined;
  }
}

/** Headers of clients vary in their support for UTF-8, so JSON's own escapes are used. */
function inAscii(json: string): string {
  return json.replaceAll(/[^\x20-\x7e]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

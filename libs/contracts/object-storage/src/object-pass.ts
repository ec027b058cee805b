import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Duration, Instant } from '@virga/kernel';

/** The query parameter in which a holder shows that another service of the cloud lets it at some objects. */
export const OBJECT_PASS = 'virga_pass';

/** The objects of one container whose names begin with a prefix. */
export interface PassedObjects {
  account: string;
  container: string;
  prefix: string;
}

/** What a pass allows: to read, or also to write and delete. */
export interface ObjectPass extends PassedObjects {
  purpose: 'read' | 'write';
}

/** A query string that lets its holder at these objects, in their project's name, until it expires: what a host gets instead of a token. */
export function issueObjectPass(key: Buffer, pass: ObjectPass, now: Instant, validFor: Duration): string {
  const expiresAt = now + validFor;
  const prefix = Buffer.from(pass.prefix).toString('base64url');
  return `${OBJECT_PASS}=${pass.purpose}.${expiresAt}.${prefix}.${signature(key, pass, expiresAt).toString('hex')}`;
}

const PASS = /^(read|write)\.(\d{1,16})\.([A-Za-z0-9_-]{0,2048})\.([0-9a-f]{64})$/;

/** What the parameter's value allows in this container now; undefined where it is no pass for it, or no longer. */
export function readObjectPass(key: Buffer, text: string, { account, container }: Omit<PassedObjects, 'prefix'>, now: Instant): ObjectPass | undefined {
  const [, purpose, expires, encoded, signed] = PASS.exec(text) ?? [];
  if (purpose === undefined || expires === undefined || encoded === undefined || signed === undefined) return undefined;
  const prefix = Buffer.from(encoded, 'base64url').toString();
  const pass: ObjectPass = { purpose: purpose === 'write' ? 'write' : 'read', account, container, prefix };
  const isSigned = timingSafeEqual(signature(key, pass, Number(expires)), Buffer.from(signed, 'hex'));
  return isSigned && now < Number(expires) ? pass : undefined;
}

function signature(key: Buffer, { purpose, account, container, prefix }: ObjectPass, expiresAt: number): Buffer {
  // No account or container has a line end in its name; the prefix comes last.
  return createHmac('sha256', key).update(`virga object pass\n${purpose}\n${expiresAt}\n${account}\n${container}\n${prefix}`).digest();
}

import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of this checkout: where package-lock.json is. */
export function checkout(): string {
  for (let at = import.meta.dirname; at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'package-lock.json'))) return at;
  }
  throw new Error('Tests run from a checkout.');
}

/** Eight characters that differ between checkouts of one machine. */
export function checkoutTag(): string {
  return createHash('sha256').update(checkout()).digest('hex').slice(0, 8);
}

/**
 * Where the tests' PostgreSQL and RabbitMQ keep everything: `.state/test`. The servers run as their own users where we
 * are root; if those may not enter the checkout (one below /root), a directory of this checkout's in /var/tmp is used.
 */
export function testState(): string {
  const inCheckout = join(checkout(), '.state', 'test');
  return process.getuid?.() === 0 && !isOpenToAll(checkout()) ? join('/var/tmp', `virga-test-${checkoutTag()}`) : inCheckout;
}

function isOpenToAll(directory: string): boolean {
  for (let at = directory; at !== dirname(at); at = dirname(at)) {
    if ((statSync(at).mode & constants.S_IXOTH) === 0) return false;
  }
  accessSync(directory);
  return true;
}

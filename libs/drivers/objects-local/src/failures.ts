import { Fault } from '@virga/kernel';
import { DriverUnavailable, Refused } from '@virga/ports';
import { codeOf } from './disk.js';

const LATER = new Set(['ENOENT', 'ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EMFILE', 'ENFILE', 'EACCES', 'EPERM', 'ESTALE', 'ENOMEM', 'EBUSY', 'ENODEV', 'ENXIO', 'ETIMEDOUT', 'EFBIG', 'ESHUTDOWN']);

/** What the operating system says, as the port says it; anything else (the source's own failure, an abort) stays what it is. */
export function translated(error: unknown): unknown {
  if (error instanceof Fault) return error;
  return LATER.has(codeOf(error) ?? '') ? new DriverUnavailable('object-store', { cause: error }) : error;
}

/** The same for reading, where a file that is not there says that there are no such bytes. */
export function translatedRead(error: unknown): unknown {
  return codeOf(error) === 'ENOENT' ? new Refused('object-store', 'there are no such bytes', { cause: error }) : translated(error);
}

export function tooLarge(maxBytes: number): Refused {
  return new Refused('object-store', `the data is larger than ${maxBytes} bytes`);
}

export function noSuchBytes(): Refused {
  return new Refused('object-store', 'there are no such bytes');
}

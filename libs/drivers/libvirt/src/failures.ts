import { DriverUnavailable, Refused } from '@virga/ports';
import { Fault } from '@virga/kernel';
import { LibvirtError } from './rpc/connection.js';

/** libvirt's error numbers (virterror.h) that mean something to us; they never change once released. */
export const errorCodes = {
  internal: 1,
  noSupport: 3,
  invalidArgument: 8,
  operationFailed: 9,
  xmlError: 27,
  domainExists: 28,
  operationDenied: 29,
  xmlDetail: 35,
  noDomain: 42,
  authFailed: 45,
  operationInvalid: 55,
  noSecret: 66,
  configUnsupported: 67,
  operationUnsupported: 84,
  accessDenied: 88,
  deviceMissing: 99,
} as const;

/** What stays wrong however often it is tried; everything else (a busy, dying or restarting daemon) may pass. */
const FINAL: readonly number[] = [
  errorCodes.noSupport, errorCodes.invalidArgument, errorCodes.xmlError, errorCodes.domainExists, errorCodes.operationDenied,
  errorCodes.xmlDetail, errorCodes.authFailed, errorCodes.configUnsupported, errorCodes.operationUnsupported, errorCodes.accessDenied,
];

/** Whether libvirt answered with one of these numbers. */
export function isLibvirt(error: unknown, ...codes: number[]): boolean {
  return error instanceof LibvirtError && codes.includes(error.code);
}

/** libvirt's word in ours: `Refused` for what will never work, `DriverUnavailable` for what may; faults and aborts pass. */
export function translated(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof Fault) return error;
  if (signal.aborted) return signal.reason;
  if (error instanceof LibvirtError && FINAL.includes(error.code)) return new Refused('libvirt', error.message, { cause: error });
  return new DriverUnavailable('libvirt', { cause: error });
}

import { NotFound } from '@virga/kernel';
import type { Metadata } from '../metadata/index.js';
import type { Microseconds } from '../timestamps/index.js';

/** What a project has in object storage: `AUTH_` and the project's id. */
export interface Account {
  name: string;
  projectId: string;
  /** ACL, quota and temporary URL keys included. */
  metadata: Metadata;
  createdAt: Microseconds;
  changedAt: Microseconds;
}

export interface Totals {
  containers: number;
  objects: number;
  bytes: number;
}

export interface AccountTotals extends Totals {
  /** By the storage policy's name; only those that the account uses. */
  policies: Record<string, Totals>;
}

const RESELLER_PREFIX = 'AUTH_';

/** The account of a project. */
export function accountName(projectId: string): string {
  return RESELLER_PREFIX + projectId;
}

/** The project of an account: what follows the reseller's prefix. */
export function projectOfAccount(name: string): string {
  return name.replace(/^[A-Za-z0-9]+_/, '');
}

export class AccountNotFound extends NotFound {
  constructor(name: string) {
    super('object-storage.account.not-found', `There is no account ${name}.`);
  }
}

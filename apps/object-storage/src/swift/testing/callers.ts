import { Module } from '@nestjs/common';
import { Authenticator, type Headers } from '@virga/http';
import { Unauthenticated, type Caller } from '@virga/kernel';
import { demoProject, otherProject, personas, type Persona } from '@virga/testing';

const roles = (caller: Caller, ...names: string[]): Caller => ({ ...caller, roles: new Set(names) });

/** The personas, and callers that only object storage knows. */
const callers = {
  ...personas,
  /** Administrates every account. */
  reseller: roles({ ...personas.service, userId: 'user-reseller' as never, userName: 'reseller', token: 'reseller' }, 'reselleradmin'),
  /** Reads every account. */
  auditor: roles({ ...personas.service, userId: 'user-auditor' as never, userName: 'auditor', token: 'auditor' }, 'swift-system-reader'),
  /** A role in demo that only ACLs name. */
  watcher: roles({ ...personas.guest, userId: 'user-watcher' as never, userName: 'watcher', token: 'watcher' }, 'watcher'),
} satisfies Record<string, Caller>;

export type SwiftCaller = Persona | 'reseller' | 'auditor' | 'watcher';
export const swiftCallers = Object.keys(callers) as SwiftCaller[];

export const demoAccount = `AUTH_${demoProject}`;
export const otherAccount = `AUTH_${otherProject}`;

class CallerAuthenticator extends Authenticator {
  async authenticate(headers: Headers, requestId: string): Promise<Caller> {
    const caller = callerOf(headers['x-auth-token']);
    if (caller === undefined) throw new Unauthenticated('token.invalid', 'The request you have made requires authentication.');
    const service = callerOf(headers['x-service-token']);
    return { ...caller, requestId, ...(service !== undefined && { service }) };
  }
}

function callerOf(token: string | string[] | undefined): Caller | undefined {
  return Object.entries(callers).find(([name]) => name === token)?.[1];
}

@Module({ providers: [{ provide: Authenticator, useClass: CallerAuthenticator }], exports: [Authenticator] })
class CallerAuthentication {}

/** Lets these callers in by name. */
export const swiftAuthentication = { module: CallerAuthentication, global: true };

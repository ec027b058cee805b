import type { AnyEndpoint } from '@virga/contract';
import * as applicationCredentials from './application-credentials.contract.js';
import * as catalog from './catalog.contract.js';
import * as credentials from './credentials.contract.js';
import * as domains from './domains.contract.js';
import * as ec2Credentials from './ec2-credentials.contract.js';
import * as ec2Tokens from './ec2-tokens.contract.js';
import { grantKinds } from './grants.contract.js';
import * as groups from './groups.contract.js';
import * as limits from './limits.contract.js';
import * as policies from './policies.contract.js';
import * as projects from './projects.contract.js';
import * as roleAssignments from './role-assignments.contract.js';
import * as roles from './roles.contract.js';
import * as tokens from './tokens.contract.js';
import * as trusts from './trusts.contract.js';
import * as users from './users.contract.js';
import * as versions from './versions.contract.js';

const contracts = [
  versions, tokens, domains, projects, users, groups, roles, roleAssignments, catalog, policies, credentials, ec2Credentials, ec2Tokens, applicationCredentials, limits, trusts,
];

const isEndpoint = (value: unknown): value is AnyEndpoint => typeof value === 'object' && value !== null && 'spec' in value && 'statusAt' in value;

const grants = Object.entries(grantKinds).flatMap(([kind, { create, check, revoke, list }]) =>
  Object.entries({ create, check, revoke, list }).map(([verb, contract]) => [`${verb}.${kind}`, contract] as const));

/** Every endpoint of the identity API, by name. */
export const identityEndpoints: Readonly<Record<string, AnyEndpoint>> = Object.fromEntries([
  ...contracts.flatMap((contract) => Object.entries(contract).filter((entry): entry is [string, AnyEndpoint] => isEndpoint(entry[1]))),
  ...grants,
]);

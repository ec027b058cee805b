import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { linkTo, listFrame } from '../listing/index.js';
import type { AccessRule, ApplicationCredential } from './application-credential.js';
import { ApplicationCredentialsService } from './application-credentials.service.js';

@Controller()
export class ApplicationCredentialsController {
  constructor(private readonly credentials: ApplicationCredentialsService) {}

  @Endpoint(api.createApplicationCredential)
  async create({ caller, params, body, request }: InputOf<typeof api.createApplicationCredential>) {
    const { credential, secret } = await this.credentials.create(caller, params['user_id'] as string, body.application_credential);
    return { application_credential: { ...credentialView(credential, request), secret } };
  }

  @Endpoint(api.listApplicationCredentials)
  async list({ caller, params, query, request }: InputOf<typeof api.listApplicationCredentials>) {
    const credentials = await this.credentials.list(caller, params['user_id'] as string, query);
    return { application_credentials: credentials.entries.map((one) => credentialView(one, request)), ...listFrame(request, credentials) };
  }

  @Endpoint(api.showApplicationCredential)
  async show({ caller, params, request }: InputOf<typeof api.showApplicationCredential>) {
    const credential = await this.credentials.get(caller, params['user_id'] as string, params['application_credential_id'] as string);
    return { application_credential: credentialView(credential, request) };
  }

  @Endpoint(api.deleteApplicationCredential)
  async delete({ caller, params }: InputOf<typeof api.deleteApplicationCredential>) {
    await this.credentials.delete(caller, params['user_id'] as string, params['application_credential_id'] as string);
  }

  @Endpoint(api.listAccessRules)
  async listRules({ caller, params, query, request }: InputOf<typeof api.listAccessRules>) {
    const rules = await this.credentials.accessRules(caller, params['user_id'] as string, query);
    return { access_rules: rules.entries.map((rule) => ruleView(rule, params['user_id'] as string, request)), ...listFrame(request, rules) };
  }

  @Endpoint(api.showAccessRule)
  async showRule({ caller, params, request }: InputOf<typeof api.showAccessRule>) {
    const rule = await this.credentials.accessRule(caller, params['user_id'] as string, params['access_rule_id'] as string);
    return { access_rule: ruleView(rule, params['user_id'] as string, request) };
  }

  @Endpoint(api.deleteAccessRule)
  async deleteRule({ caller, params }: InputOf<typeof api.deleteAccessRule>) {
    await this.credentials.deleteAccessRule(caller, params['user_id'] as string, params['access_rule_id'] as string);
  }
}

function credentialView(one: ApplicationCredential, request: RequestFacts) {
  return {
    id: one.id, name: one.name, description: one.description, project_id: one.projectId, user_id: one.userId, roles: [...one.roles],
    unrestricted: one.isUnrestricted, expires_at: one.expiresAt, system: null,
    ...(one.accessRules !== undefined && { access_rules: [...one.accessRules] }),
    links: { self: linkTo(request, `users/${one.userId}/application_credentials/${one.id}`) },
  };
}

function ruleView(rule: AccessRule, userId: string, request: RequestFacts) {
  return { ...rule, links: { self: linkTo(request, `users/${userId}/access_rules/${rule.id}`) } };
}

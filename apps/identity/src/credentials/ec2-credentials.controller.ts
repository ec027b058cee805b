import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { accessKeyOf } from '@virga/identity-client';
import { linkTo, listFrame } from '../listing/index.js';
import type { Credential } from './credential.js';
import { Ec2CredentialsService } from './ec2-credentials.service.js';

@Controller()
export class Ec2CredentialsController {
  constructor(private readonly credentials: Ec2CredentialsService) {}

  @Endpoint(api.createEc2Credential)
  async create({ caller, params, body, request }: InputOf<typeof api.createEc2Credential>) {
    return { credential: ec2CredentialView(await this.credentials.create(caller, params['user_id'] as string, body.tenant_id), request) };
  }

  @Endpoint(api.listEc2Credentials)
  async list({ caller, params, query, request }: InputOf<typeof api.listEc2Credentials>) {
    const { page, seen } = await this.credentials.list(caller, params['user_id'] as string, query);
    return { credentials: seen.map((credential) => ec2CredentialView(credential, request)), ...listFrame(request, page) };
  }

  @Endpoint(api.showEc2Credential)
  async show({ caller, params, request }: InputOf<typeof api.showEc2Credential>) {
    return { credential: ec2CredentialView(await this.credentials.get(caller, params['user_id'] as string, params['credential_id'] as string), request) };
  }

  @Endpoint(api.deleteEc2Credential)
  async delete({ caller, params }: InputOf<typeof api.deleteEc2Credential>) {
    await this.credentials.delete(caller, params['user_id'] as string, params['credential_id'] as string);
  }
}

function ec2CredentialView({ userId, projectId, blob }: Credential, request: RequestFacts) {
  const key = accessKeyOf(blob);
  const access = key?.access ?? '';
  return {
    access, secret: key?.secret ?? '', user_id: userId, tenant_id: projectId ?? '', trust_id: key?.trustId ?? null,
    links: { self: linkTo(request, `users/${userId}/credentials/OS-EC2/${encodeURIComponent(access)}`) },
  };
}

import { Controller } from '@nestjs/common';
import type { InputOf, RequestFacts } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { linkTo, listFrame } from '../listing/index.js';
import type { Credential } from './credential.js';
import { CredentialsService } from './credentials.service.js';

@Controller()
export class CredentialsController {
  constructor(private readonly credentials: CredentialsService) {}

  @Endpoint(api.createCredential)
  async create({ caller, body, request }: InputOf<typeof api.createCredential>) {
    return { credential: credentialView(await this.credentials.create(caller, body.credential), request) };
  }

  @Endpoint(api.listCredentials)
  async list({ caller, query, request }: InputOf<typeof api.listCredentials>) {
    const { page, seen } = await this.credentials.list(caller, query);
    return { credentials: seen.map((credential) => credentialView(credential, request)), ...listFrame(request, page) };
  }

  @Endpoint(api.showCredential)
  async show({ caller, params, request }: InputOf<typeof api.showCredential>) {
    return { credential: credentialView(await this.credentials.get(caller, params['credential_id'] as string), request) };
  }

  @Endpoint(api.updateCredential)
  async update({ caller, params, body, request }: InputOf<typeof api.updateCredential>) {
    return { credential: credentialView(await this.credentials.update(caller, params['credential_id'] as string, body.credential), request) };
  }

  @Endpoint(api.deleteCredential)
  async delete({ caller, params }: InputOf<typeof api.deleteCredential>) {
    await this.credentials.delete(caller, params['credential_id'] as string);
  }
}

function credentialView({ id, userId, projectId, type, blob, extra }: Credential, request: RequestFacts) {
  return { ...extra, id, user_id: userId, project_id: projectId, type, blob, links: { self: linkTo(request, `credentials/${id}`) } };
}

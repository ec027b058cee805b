import { Controller } from '@nestjs/common';
import { reply, type InputOf } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import { CatalogReader, tokenView, type IssuedToken } from '../tokens/index.js';
import { Ec2TokensService } from './ec2-tokens.service.js';

@Controller()
export class Ec2TokensController {
  constructor(private readonly tokens: Ec2TokensService, private readonly catalog: CatalogReader) {}

  @Endpoint(api.createEc2Token)
  async forRequest({ caller, body }: InputOf<typeof api.createEc2Token>) {
    const issued = await this.tokens.forRequest(caller, body);
    return reply(await this.view(issued), { headers: { 'x-subject-token': issued.token, vary: 'X-Auth-Token' } });
  }

  /** Without the token itself, as Keystone: who checks an S3 request needs to know whose it is and nothing more. */
  @Endpoint(api.createS3Token)
  async forText({ caller, body }: InputOf<typeof api.createS3Token>) {
    return this.view(await this.tokens.forText(caller, body));
  }

  private async view(issued: IssuedToken) {
    const { scope, user } = issued.authorization;
    return tokenView(issued, await this.catalog.catalog({ projectId: scope.kind === 'project' ? scope.projectId : undefined, userId: user.id }));
  }
}

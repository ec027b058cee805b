import { Controller } from '@nestjs/common';
import { reply, type InputOf, type RequestFacts } from '@virga/contract';
import * as api from '@virga/contracts-identity';
import { Endpoint } from '@virga/http';
import type { VerifiedToken } from '@virga/identity-client';
import { linkTo } from '../listing/index.js';
import { domainList, projectList } from '../projects/index.js';
import { AuthenticationService } from './authentication.service.js';
import { CatalogReader, type CatalogEntry } from './catalog-reader.js';
import { TokensService } from './tokens.service.js';
import { tokenView } from './tokens.views.js';

@Controller()
export class TokensController {
  constructor(private readonly authentication: AuthenticationService, private readonly tokens: TokensService, private readonly catalog: CatalogReader) {}

  @Endpoint(api.createToken)
  async create({ body, query }: InputOf<typeof api.createToken>) {
    const issued = await this.authentication.authenticate(body.auth);
    return reply(tokenView(issued, await this.catalogFor(issued, query)), { headers: { 'x-subject-token': issued.token, vary: 'X-Auth-Token' } });
  }

  @Endpoint(api.showToken)
  async show({ caller, query, request }: InputOf<typeof api.showToken>) {
    const subject = subjectOf(request);
    const verified = await this.tokens.show(caller, subject);
    return reply(tokenView(verified, await this.catalogFor(verified, query)), { headers: { 'x-subject-token': subject ?? '', vary: 'X-Auth-Token' } });
  }

  @Endpoint(api.checkToken)
  async check({ caller, request }: InputOf<typeof api.checkToken>) {
    await this.tokens.check(caller, subjectOf(request));
  }

  @Endpoint(api.revokeToken)
  async revoke({ caller, request }: InputOf<typeof api.revokeToken>) {
    await this.tokens.revoke(caller, subjectOf(request));
  }

  @Endpoint(api.showAuthCatalog)
  async showCatalog({ caller, request }: InputOf<typeof api.showAuthCatalog>) {
    this.tokens.requireCatalog(caller);
    return { catalog: await this.catalog.catalog({ projectId: caller.projectId, userId: caller.userId }), links: { self: linkTo(request, 'auth/catalog'), previous: null, next: null } };
  }

  @Endpoint(api.listAuthProjects)
  async listProjects({ caller, request }: InputOf<typeof api.listAuthProjects>) {
    return projectList(await this.tokens.accessibleProjects(caller), request);
  }

  @Endpoint(api.listAuthDomains)
  async listDomains({ caller, request }: InputOf<typeof api.listAuthDomains>) {
    return domainList(await this.tokens.accessibleDomains(caller), request);
  }

  @Endpoint(api.showAuthSystem)
  async showSystem({ caller, request }: InputOf<typeof api.showAuthSystem>) {
    return { system: await this.tokens.canUseSystem(caller) ? [{ all: true }] : [], links: { self: linkTo(request, 'auth/system') } };
  }

  private async catalogFor({ claims }: VerifiedToken, query: { nocatalog?: string }): Promise<CatalogEntry[] | undefined> {
    if (query.nocatalog !== undefined || claims.scope.kind === 'unscoped') return undefined;
    return this.catalog.catalog({ projectId: claims.scope.kind === 'project' ? claims.scope.id : undefined, userId: claims.userId });
  }
}

function subjectOf(request: RequestFacts): string | undefined {
  return [request.headers['x-subject-token']].flat()[0];
}

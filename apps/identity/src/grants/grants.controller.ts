import { Controller, type Type } from '@nestjs/common';
import type { InputOf } from '@virga/contract';
import { grantKinds, type GrantEndpoints } from '@virga/contracts-identity';
import { Endpoint, selfUrl } from '@virga/http';
import { roleView } from '../roles/index.js';
import type { GrantPlace } from './grant.js';
import { GrantsService } from './grants.service.js';

type Params = Readonly<Record<string, string>>;

/** The same four endpoints for each kind of grant: they differ only in where the ids stand in the path. */
function grantsController(contracts: GrantEndpoints): Type<unknown> {
  const { actor, target, isInherited } = contracts;
  const placeOf = (params: Params): GrantPlace => ({
    actor, target, isInherited, actorId: params[`${actor}_id`] as string, targetId: target === 'system' ? null : params[`${target}_id`] as string,
  });

  @Controller()
  class GrantsController {
    constructor(private readonly grants: GrantsService) {}

    @Endpoint(contracts.create)
    async create({ caller, params }: InputOf<GrantEndpoints['create']>) {
      await this.grants.create(caller, contracts, placeOf(params), params['role_id'] as string);
    }

    @Endpoint(contracts.check)
    async check({ caller, params }: InputOf<GrantEndpoints['check']>) {
      await this.grants.check(caller, contracts, placeOf(params), params['role_id'] as string);
    }

    @Endpoint(contracts.revoke)
    async revoke({ caller, params }: InputOf<GrantEndpoints['revoke']>) {
      await this.grants.revoke(caller, contracts, placeOf(params), params['role_id'] as string);
    }

    @Endpoint(contracts.list)
    async list({ caller, params, request }: InputOf<GrantEndpoints['list']>) {
      const roles = await this.grants.list(caller, contracts, placeOf(params));
      return { roles: roles.map((role) => roleView(role, request)), links: { self: selfUrl(request), previous: null, next: null } };
    }
  }
  return GrantsController;
}

export const grantsControllers: readonly Type<unknown>[] = Object.values(grantKinds).map(grantsController);

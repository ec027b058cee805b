import { Injectable } from '@nestjs/common';
import type { PolicyRule, VersionNumber } from '@virga/contract';
import { flavors } from '@virga/contracts-compute';
import { NotFound, raise, type Caller } from '@virga/kernel';
import { Database, type Reader } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Projects } from '../projects/index.js';
import { FlavorAccessUnknown, FlavorIsPublic, FlavorUnknown, type Flavor } from './flavor.js';
import { FlavorsRepository } from './flavors.repository.js';
import { viewerOf } from './flavors.service.js';

class AccessListUnknown extends NotFound {
  constructor() {
    super('compute.flavor.public', 'Access list not available for public flavors.');
  }
}

/** Which projects may use a private flavor. */
@Injectable()
export class FlavorAccessService {
  constructor(private readonly db: Database, private readonly flavors: FlavorsRepository, private readonly projects: Projects, private readonly policy: Policy) {}

  async list(caller: Caller, id: string): Promise<string[]> {
    const flavor = await this.require(this.db, caller, flavors.listFlavorAccess.policy, id);
    if (flavor.isPublic) throw new AccessListUnknown();
    return this.flavors.projects(this.db, id);
  }

  async add(caller: Caller, id: string, project: string, version: VersionNumber): Promise<string[]> {
    this.policy.require(caller, flavors.addTenantAccess.policy);
    await this.projects.require(project);
    return this.db.transaction(async (tx) => {
      const flavor = await this.require(tx, caller, flavors.addTenantAccess.policy, id);
      if (flavor.isPublic && version >= flavors.flavorVersions.strictAccess) throw new FlavorIsPublic();
      await this.flavors.addProject(tx, id, project);
      return this.flavors.projects(tx, id);
    });
  }

  async remove(caller: Caller, id: string, project: string): Promise<string[]> {
    this.policy.require(caller, flavors.removeTenantAccess.policy);
    await this.projects.require(project);
    return this.db.transaction(async (tx) => {
      await this.require(tx, caller, flavors.removeTenantAccess.policy, id);
      if (!(await this.flavors.removeProject(tx, id, project))) throw new FlavorAccessUnknown(id, project);
      return this.flavors.projects(tx, id);
    });
  }

  private async require(reader: Reader, caller: Caller, rule: PolicyRule, id: string): Promise<Flavor> {
    this.policy.require(caller, rule);
    return await this.flavors.findUsable(reader, id, viewerOf(caller)) ?? raise(new FlavorUnknown(id));
  }
}

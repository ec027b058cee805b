import { Injectable } from '@nestjs/common';
import { volumeTypes } from '@virga/contracts-block-storage';
import { raise, type Caller } from '@virga/kernel';
import { Database, type Tx } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { Projects } from '../projects/index.js';
import { TypeAccessRepository, type DefaultType } from './type-access.repository.js';
import { AccessListUnknown, AccessUnknown, DefaultTypeInvalid, DefaultTypeUnknown, VolumeTypeIsPublic } from './volume-type-faults.js';
import { VolumeTypeUnknown } from './volume-type.js';
import { VolumeTypesRepository } from './volume-types.repository.js';

/** Which projects may use which private types, and which type is whose default. */
@Injectable()
export class TypeAccessService {
  constructor(
    private readonly db: Database,
    private readonly types: VolumeTypesRepository,
    private readonly access: TypeAccessRepository,
    private readonly projects: Projects,
    private readonly policy: Policy,
  ) {}

  async list(caller: Caller, id: string): Promise<string[]> {
    this.policy.require(caller, volumeTypes.listTypeAccess.policy);
    const type = await this.types.findVisible(this.db, id, { projectId: caller.projectId, isAdmin: true }) ?? raise(new VolumeTypeUnknown(id));
    if (type.isPublic) throw new AccessListUnknown();
    return this.access.projects(this.db, id);
  }

  add(caller: Caller, id: string, project: string): Promise<void> {
    this.policy.require(caller, volumeTypes.addTypeAccess.policy);
    return this.db.transaction(async (tx) => {
      await this.requirePrivate(tx, id);
      await this.access.add(tx, id, project);
    });
  }

  remove(caller: Caller, id: string, project: string): Promise<void> {
    this.policy.require(caller, volumeTypes.removeTypeAccess.policy);
    return this.db.transaction(async (tx) => {
      await this.requirePrivate(tx, id);
      if (!(await this.access.remove(tx, id, project))) throw new AccessUnknown(id, project);
    });
  }

  defaults(caller: Caller): Promise<DefaultType[]> {
    this.policy.require(caller, volumeTypes.listDefaultTypes.policy);
    return this.access.defaults(this.db);
  }

  async showDefault(caller: Caller, project: string): Promise<DefaultType> {
    this.policy.require(caller, volumeTypes.showDefaultType.policy);
    await this.projects.require(project);
    return await this.access.findDefault(this.db, project) ?? raise(new DefaultTypeUnknown(project));
  }

  async setDefault(caller: Caller, project: string, idOrName: string): Promise<DefaultType> {
    this.policy.require(caller, volumeTypes.setDefaultType.policy);
    await this.projects.require(project);
    return this.db.transaction(async (tx) => {
      const found = await this.types.findNamed(tx, idOrName) ?? raise(new DefaultTypeInvalid(idOrName));
      const choice = { projectId: project, typeId: (await this.types.lock(tx, found.id)).id };
      await this.access.setDefault(tx, choice);
      return choice;
    });
  }

  /** Also of a project that is gone, so that nothing keeps a type alive for ever. */
  unsetDefault(caller: Caller, project: string): Promise<void> {
    this.policy.require(caller, volumeTypes.unsetDefaultType.policy);
    return this.db.transaction((tx) => this.access.unsetDefault(tx, project));
  }

  private async requirePrivate(tx: Tx, id: string): Promise<void> {
    const { isPublic } = await this.types.lock(tx, id);
    if (isPublic) throw new VolumeTypeIsPublic();
  }
}

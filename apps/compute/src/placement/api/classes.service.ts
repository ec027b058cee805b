import { Injectable } from '@nestjs/common';
import { placement } from '@virga/contracts-compute';
import { Invalid, type Caller } from '@virga/kernel';
import { Database } from '@virga/persistence';
import { Policy } from '@virga/policy';
import { ClassesRepository, ClassUnknown } from './classes.repository.js';
import { isCustomName, STANDARD_CLASSES } from './standard-names.js';

@Injectable()
export class ClassesService {
  constructor(private readonly db: Database, private readonly classes: ClassesRepository, private readonly policy: Policy) {}

  async list(caller: Caller): Promise<string[]> {
    this.policy.require(caller, placement.listClasses.policy);
    return [...STANDARD_CLASSES, ...await this.classes.names(this.db)];
  }

  async get(caller: Caller, name: string): Promise<string> {
    this.policy.require(caller, placement.showClass.policy);
    await this.requireKnown(name);
    return name;
  }

  async create(caller: Caller, name: string): Promise<void> {
    this.policy.require(caller, placement.createClass.policy);
    await this.db.transaction((tx) => this.classes.insert(tx, name));
  }

  /** Answers whether it is new. */
  ensure(caller: Caller, name: string): Promise<boolean> {
    this.policy.require(caller, placement.ensureClass.policy);
    if (!isCustomName(name)) throw new Invalid('placement.class.name', `The name of a custom resource class is CUSTOM_ and A-Z, 0-9 and _, not ${name.slice(0, 255)}.`);
    return this.db.transaction((tx) => this.classes.ensure(tx, name));
  }

  async rename(caller: Caller, name: string, next: string): Promise<void> {
    this.policy.require(caller, placement.renameClass.policy);
    await this.requireCustom(name, 'update');
    await this.db.transaction((tx) => this.classes.rename(tx, name, next));
  }

  async delete(caller: Caller, name: string): Promise<void> {
    this.policy.require(caller, placement.deleteClass.policy);
    await this.requireCustom(name, 'delete');
    await this.db.transaction((tx) => this.classes.delete(tx, name));
  }

  private async requireKnown(name: string): Promise<void> {
    if (!STANDARD_CLASSES.includes(name) && !(await this.classes.exists(this.db, name))) throw new ClassUnknown(name);
  }

  private async requireCustom(name: string, verb: string): Promise<void> {
    await this.requireKnown(name);
    if (STANDARD_CLASSES.includes(name)) throw new Invalid('placement.class.standard', `Cannot ${verb} standard resource class ${name}.`);
  }
}

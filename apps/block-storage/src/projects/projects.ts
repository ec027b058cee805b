import { Injectable } from '@nestjs/common';
import { Directory } from '@virga/identity-client';
import { NotFound } from '@virga/kernel';
import { Database } from '@virga/persistence';

export class ProjectUnknown extends NotFound {
  constructor(id: string) {
    super('block-storage.project.unknown', `Project with id ${id.slice(0, 64)} not found.`);
  }
}

/** Projects as far as administrators name them in requests. */
@Injectable()
export class Projects {
  private readonly directory: Directory;

  constructor(db: Database) {
    this.directory = new Directory(db);
  }

  /** Throws `ProjectUnknown` where there is no such project. */
  async require(id: string): Promise<void> {
    if (!(await this.directory.hasProject(id))) throw new ProjectUnknown(id);
  }
}

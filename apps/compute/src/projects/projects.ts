import { Injectable } from '@nestjs/common';
import { Directory } from '@virga/identity-client';
import { Invalid } from '@virga/kernel';
import { Database } from '@virga/persistence';

export class ProjectUnknown extends Invalid {
  constructor(id: string) {
    super('compute.project.unknown', `Project ID ${id.slice(0, 64)} is not a valid project.`);
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

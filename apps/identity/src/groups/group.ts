import { Conflict } from '@virga/kernel';

export interface Group {
  id: string;
  domainId: string;
  name: string;
  description: string;
  extra: Readonly<Record<string, unknown>>;
}

export type GroupChange = Partial<Pick<Group, 'name' | 'description' | 'extra'>>;

export class GroupExists extends Conflict {
  constructor(name: string) {
    super('identity.group.exists', `There is already a group named '${name}' in this domain.`);
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, raise, type Clock } from '@virga/kernel';
import type { Tx } from '@virga/persistence';
import { RealizationRepository, units } from '../realization/index.js';
import { newStandard } from '../resources/index.js';
import { DEFAULT_GROUP, SecurityGroupNotFound, initialRules } from './security-group.js';
import { SecurityGroupsRepository } from './security-groups.repository.js';

/** Every project has a group `default`, made when the project first needs it. It is not charged: nobody asked for it. */
@Injectable()
export class DefaultGroup {
  constructor(
    private readonly groups: SecurityGroupsRepository, private readonly realizations: RealizationRepository, @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The id of the project's default group. */
  async ensure(tx: Tx, project: string): Promise<string> {
    const known = await this.groups.defaultOf(tx, project);
    if (known !== undefined) return known;
    const now = this.clock.now();
    const group = { ...newStandard(project, 'Default security group', now), name: DEFAULT_GROUP, is_default: true, is_stateful: true };
    if (!(await this.groups.insertDefault(tx, group))) return await this.groups.defaultOf(tx, project) ?? raise(new SecurityGroupNotFound(DEFAULT_GROUP));
    await this.groups.insertRules(tx, initialRules(group, now));
    await this.realizations.changed(tx, units('security-group', [group.id]));
    return group.id;
  }
}

import { Column, Entity } from 'typeorm';
import { StandardRow } from '../resources/index.js';

@Entity('security_group')
export class SecurityGroupRow extends StandardRow {
  @Column('text') name!: string;
  @Column('boolean') is_default!: boolean;
  @Column('boolean') is_stateful!: boolean;
}

@Entity('security_group_rule')
export class SecurityGroupRuleRow extends StandardRow {
  @Column('text') security_group_id!: string;
  @Column('text') direction!: string;
  @Column('text') ethertype!: string;
  @Column('text', { nullable: true }) protocol!: string | null;
  @Column('integer', { nullable: true }) port_range_min!: number | null;
  @Column('integer', { nullable: true }) port_range_max!: number | null;
  @Column('text', { nullable: true }) remote_ip_prefix!: string | null;
  @Column('cidr', { nullable: true }) normalized_cidr!: string | null;
  @Column('text', { nullable: true }) remote_group_id!: string | null;
}

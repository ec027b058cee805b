import { Column, Entity } from 'typeorm';
import { StandardRow } from '../resources/index.js';

@Entity('subnetpool')
export class SubnetPoolRow extends StandardRow {
  @Column('text') name!: string;
  @Column('integer') ip_version!: number;
  @Column('text', { array: true }) prefixes!: string[];
  @Column('integer') default_prefixlen!: number;
  @Column('integer') min_prefixlen!: number;
  @Column('integer') max_prefixlen!: number;
  @Column('integer', { nullable: true }) default_quota!: number | null;
  @Column('boolean') is_default!: boolean;
  @Column('boolean') is_shared!: boolean;
}

import { Column, Entity } from 'typeorm';
import { StandardRow } from '../resources/index.js';

@Entity('router')
export class RouterRow extends StandardRow {
  @Column('text') name!: string;
  @Column('boolean') admin_state_up!: boolean;
  @Column('boolean') enable_snat!: boolean;
  @Column('jsonb') routes!: { destination: string; nexthop: string }[];
  @Column('boolean') is_distributed!: boolean;
  @Column('boolean') is_ha!: boolean;
  @Column('text', { array: true }) availability_zone_hints!: string[];
}

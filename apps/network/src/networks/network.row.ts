import { Column, Entity } from 'typeorm';
import { StandardRow } from '../resources/index.js';

@Entity('network')
export class NetworkRow extends StandardRow {
  @Column('text') name!: string;
  @Column('boolean') admin_state_up!: boolean;
  @Column('boolean') is_shared!: boolean;
  @Column('boolean') is_external!: boolean;
  @Column('boolean') is_default!: boolean;
  @Column('boolean') port_security_enabled!: boolean;
  @Column('integer') mtu!: number;
  @Column('text') dns_domain!: string;
  @Column('text', { array: true }) availability_zone_hints!: string[];
  @Column('text') network_type!: string;
  @Column('text', { nullable: true }) physical_network!: string | null;
  @Column('integer', { nullable: true }) segmentation_id!: number | null;
}

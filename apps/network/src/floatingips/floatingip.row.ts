import { Column, Entity } from 'typeorm';
import { StandardRow } from '../resources/index.js';

@Entity('floatingip')
export class FloatingIpRow extends StandardRow {
  @Column('text') floating_network_id!: string;
  @Column('inet') floating_ip!: string;
  @Column('text') floating_port_id!: string;
  @Column('text', { nullable: true }) port_id!: string | null;
  @Column('inet', { nullable: true }) fixed_ip!: string | null;
  @Column('text', { nullable: true }) router_id!: string | null;
  @Column('text') status!: string;
  @Column('text') dns_name!: string;
  @Column('text') dns_domain!: string;
}

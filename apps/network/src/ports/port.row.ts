import { Column, Entity } from 'typeorm';
import { StandardRow } from '../resources/index.js';

@Entity('port')
export class PortRow extends StandardRow {
  @Column('text') network_id!: string;
  @Column('text') name!: string;
  @Column('text') mac_address!: string;
  @Column('boolean') admin_state_up!: boolean;
  @Column('text') status!: string;
  @Column('text') device_id!: string;
  @Column('text') device_owner!: string;
  @Column('boolean') port_security_enabled!: boolean;
  @Column('jsonb') allowed_address_pairs!: { ip_address: string; mac_address: string }[];
  @Column('jsonb') extra_dhcp_opts!: { opt_name: string; opt_value: string; ip_version: number }[];
  @Column('text') dns_name!: string;
  @Column('text') vnic_type!: string;
  @Column('text') host_id!: string;
  @Column('jsonb') binding_profile!: Record<string, unknown>;
  @Column('integer', { nullable: true }) nic_index!: number | null;
}

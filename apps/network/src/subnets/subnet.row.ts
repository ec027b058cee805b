import { Column, Entity } from 'typeorm';
import { StandardRow } from '../resources/index.js';

@Entity('subnet')
export class SubnetRow extends StandardRow {
  @Column('text') network_id!: string;
  @Column('text', { nullable: true }) subnetpool_id!: string | null;
  @Column('text') name!: string;
  @Column('integer') ip_version!: number;
  @Column('cidr') cidr!: string;
  @Column('inet', { nullable: true }) gateway_ip!: string | null;
  @Column('boolean') enable_dhcp!: boolean;
  @Column('text', { nullable: true }) ipv6_ra_mode!: string | null;
  @Column('text', { nullable: true }) ipv6_address_mode!: string | null;
  @Column('text', { array: true }) dns_nameservers!: string[];
  @Column('jsonb') host_routes!: { destination: string; nexthop: string }[];
  @Column('text', { array: true }) service_types!: string[];
}

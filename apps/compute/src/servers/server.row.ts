import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('server')
export class ServerRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('text') name!: string;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('text') hostname!: string;
  @Column('text') state!: string;
  @Column('text', { nullable: true }) task!: string | null;
  @Column('integer') generation!: number;
  @Column('integer') revision!: number;
  @Column('jsonb') flavor!: object;
  @Column('text') flavor_id!: string;
  @Column('jsonb', { nullable: true }) resize!: object | null;
  @Column('integer') vcpus!: number;
  @Column('integer') memory_mebibytes!: number;
  @Column('jsonb', { nullable: true }) image!: object | null;
  @Column('text', { nullable: true }) image_id!: string | null;
  @Column('boolean') is_volume_backed!: boolean;
  @Column('text', { nullable: true }) key_name!: string | null;
  @Column('jsonb') metadata!: Record<string, string>;
  @Column('text', { array: true }) tags!: string[];
  @Column('text', { nullable: true }) requested_zone!: string | null;
  @Column('text', { nullable: true }) host!: string | null;
  @Column('text') access_ip_v4!: string;
  @Column('text') access_ip_v6!: string;
  @Column('text') disk_config!: string;
  @Column('boolean') has_config_drive!: boolean;
  @Column('text', { nullable: true }) locked_by!: string | null;
  @Column('text', { nullable: true }) locked_reason!: string | null;
  @Column('jsonb', { nullable: true }) fault!: object | null;
  @Column('text', { array: true, nullable: true }) trusted_certificates!: string[] | null;
  @Column('text') reservation_id!: string;
  @Column('integer') launch_index!: number;
  @Column('uuid', { nullable: true }) group_id!: string | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') updated_at!: Date;
  @Column('timestamptz', { nullable: true }) launched_at!: Date | null;
  @Column('timestamptz', { nullable: true }) terminated_at!: Date | null;
  @Column('timestamptz', { nullable: true }) deleted_at!: Date | null;
}

@Entity('server_request')
export class ServerRequestRow {
  @PrimaryColumn('uuid') server_id!: string;
  @Column('text', { nullable: true }) user_data!: string | null;
  @Column('text', { nullable: true }) public_key!: string | null;
  @Column('jsonb') files!: object;
  @Column('jsonb') nics!: object;
  @Column('integer') nic_count!: number;
  @Column('text', { array: true }) security_group_ids!: string[];
  @Column('jsonb') hints!: object;
  @Column('jsonb') local_disk_tags!: object;
  @Column('text', { nullable: true }) host!: string | null;
  @Column('text', { nullable: true }) node!: string | null;
}

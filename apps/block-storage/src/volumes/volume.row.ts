import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('volume')
export class VolumeRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('integer') size_gibibytes!: number;
  @Column('integer') growth_gibibytes!: number;
  @Column('text') status!: string;
  @Column('text', { nullable: true }) migration_status!: string | null;
  @Column('text', { nullable: true }) previous_status!: string | null;
  @Column('uuid') type_id!: string;
  @Column('text', { nullable: true }) backend!: string | null;
  @Column('text') availability_zone!: string;
  @Column('text', { nullable: true }) requested_zone!: string | null;
  @Column('boolean') is_bootable!: boolean;
  @Column('boolean') is_multiattach!: boolean;
  @Column('boolean') is_read_only!: boolean;
  @Column('uuid', { nullable: true }) key_id!: string | null;
  @Column('uuid', { nullable: true }) snapshot_id!: string | null;
  @Column('uuid', { nullable: true }) source_volume_id!: string | null;
  @Column('uuid', { nullable: true }) backup_id!: string | null;
  @Column('uuid', { nullable: true }) group_id!: string | null;
  @Column('jsonb') metadata!: Record<string, string>;
  @Column('jsonb', { nullable: true }) image_metadata!: Record<string, string> | null;
  @Column('jsonb') admin_metadata!: Record<string, string>;
  @Column('boolean') consumes_quota!: boolean;
  @Column('integer') generation!: number;
  @Column('integer') revision!: number;
  @Column('jsonb', { nullable: true }) fault!: object | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
  @Column('timestamptz', { nullable: true }) launched_at!: Date | null;
  @Column('timestamptz', { nullable: true }) terminated_at!: Date | null;
  @Column('timestamptz', { nullable: true }) deleted_at!: Date | null;
}

@Entity('volume_key')
export class VolumeKeyRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('bytea') wrapped!: Buffer;
  @Column('timestamptz') created_at!: Date;
}

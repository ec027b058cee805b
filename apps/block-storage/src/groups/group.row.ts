import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('volume_group')
export class GroupRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('text') status!: string;
  @Column('uuid') group_type_id!: string;
  @Column('text', { nullable: true }) availability_zone!: string | null;
  @Column('uuid', { nullable: true }) group_snapshot_id!: string | null;
  @Column('uuid', { nullable: true }) source_group_id!: string | null;
  @Column('text') replication_status!: string;
  @Column('integer') revision!: number;
  @Column('jsonb', { nullable: true }) fault!: object | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}

@Entity('volume_group_volume_type')
export class GroupVolumeTypeRow {
  @PrimaryColumn('uuid') group_id!: string;
  @PrimaryColumn('uuid') type_id!: string;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('snapshot')
export class SnapshotRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('uuid') volume_id!: string;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('integer') size_gibibytes!: number;
  @Column('text') status!: string;
  @Column('text') progress!: string;
  @Column('text', { nullable: true }) backend!: string | null;
  @Column('uuid', { nullable: true }) key_id!: string | null;
  @Column('uuid') type_id!: string;
  @Column('uuid', { nullable: true }) group_snapshot_id!: string | null;
  @Column('jsonb') metadata!: object;
  @Column('jsonb', { nullable: true }) image_metadata!: object | null;
  @Column('boolean') is_bootable!: boolean;
  @Column('boolean') consumes_quota!: boolean;
  @Column('integer') generation!: number;
  @Column('integer') revision!: number;
  @Column('jsonb', { nullable: true }) fault!: object | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
  @Column('timestamptz', { nullable: true }) deleted_at!: Date | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('backup')
export class BackupRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('uuid') volume_id!: string;
  @Column('uuid', { nullable: true }) snapshot_id!: string | null;
  @Column('uuid', { nullable: true }) parent_id!: string | null;
  @Column('uuid', { nullable: true }) point_id!: string | null;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('text') status!: string;
  @Column('integer') size_gibibytes!: number;
  @Column('text') place!: string;
  @Column('text', { nullable: true }) account_project_id!: string | null;
  @Column('text', { nullable: true }) container!: string | null;
  @Column('text') prefix!: string;
  @Column('text') backend!: string;
  @Column('text', { nullable: true }) availability_zone!: string | null;
  @Column('integer') object_count!: number;
  @Column('bigint') stored_bytes!: number;
  @Column('uuid', { nullable: true }) key_id!: string | null;
  @Column('boolean') is_bootable!: boolean;
  @Column('jsonb', { nullable: true }) image_metadata!: Record<string, string> | null;
  @Column('jsonb', { nullable: true }) volume_metadata!: Record<string, string> | null;
  @Column('jsonb') metadata!: Record<string, string>;
  @Column('uuid', { nullable: true }) restore_volume_id!: string | null;
  @Column('jsonb', { nullable: true }) fault!: object | null;
  @Column('integer') generation!: number;
  @Column('integer') revision!: number;
  @Column('timestamptz') data_at!: Date;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
  @Column('timestamptz', { nullable: true }) deleted_at!: Date | null;
}

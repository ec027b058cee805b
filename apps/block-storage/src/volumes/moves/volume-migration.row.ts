import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('volume_migration')
export class VolumeMigrationRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') volume_id!: string;
  @Column('text') source_backend!: string;
  @Column('text', { nullable: true }) target_backend!: string | null;
  @Column('uuid', { nullable: true }) type_id!: string | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) ended_at!: Date | null;
  @Column('boolean') has_moved!: boolean;
}

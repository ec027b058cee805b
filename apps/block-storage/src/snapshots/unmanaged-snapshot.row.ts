import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('unmanaged_snapshot')
export class UnmanagedSnapshotRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') volume_id!: string;
  @Column('text') backend!: string;
  @Column('integer') size_gibibytes!: number;
  @Column('uuid', { nullable: true }) key_id!: string | null;
  @Column('integer') generation!: number;
  @Column('boolean') is_bootable!: boolean;
  @Column('jsonb', { nullable: true }) image_metadata!: object | null;
  @Column('timestamptz') unmanaged_at!: Date;
}

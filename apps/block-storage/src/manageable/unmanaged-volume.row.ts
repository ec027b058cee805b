import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('unmanaged_volume')
export class UnmanagedVolumeRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') backend!: string;
  @Column('integer') generation!: number;
  @Column('integer') size_gibibytes!: number;
  @Column('uuid', { nullable: true }) managed_as!: string | null;
  @Column('timestamptz') created_at!: Date;
}

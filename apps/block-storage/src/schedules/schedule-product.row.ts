import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('schedule_product')
export class ScheduleProductRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') schedule_id!: string;
  @Column('uuid') volume_id!: string;
  @Column('text') kind!: string;
  @Column('boolean') is_incremental!: boolean;
  @Column('boolean') is_complete!: boolean;
  @Column('timestamptz') created_at!: Date;
}

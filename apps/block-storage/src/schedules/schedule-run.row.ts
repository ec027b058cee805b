import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('schedule_run')
export class ScheduleRunRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') schedule_id!: string;
  @Column('text') action!: string;
  @Column('text') state!: string;
  @Column('text', { nullable: true }) message!: string | null;
  @Column('jsonb') results!: object;
  @Column('jsonb') removals!: object;
  @Column('timestamptz') due_at!: Date;
  @Column('timestamptz') started_at!: Date;
  @Column('timestamptz', { nullable: true }) finished_at!: Date | null;
}

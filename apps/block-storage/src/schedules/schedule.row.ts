import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('schedule')
export class ScheduleRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('text') name!: string;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('uuid', { array: true }) volume_ids!: string[];
  @Column('text') action!: string;
  @Column('jsonb') rule!: object;
  @Column('integer') keep!: number;
  @Column('boolean') is_enabled!: boolean;
  @Column('timestamptz') anchor_at!: Date;
  @Column('timestamptz', { nullable: true }) next_run_at!: Date | null;
  @Column('timestamptz', { nullable: true }) last_run_at!: Date | null;
  @Column('text', { nullable: true }) last_state!: string | null;
  @Column('text', { nullable: true }) last_message!: string | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}

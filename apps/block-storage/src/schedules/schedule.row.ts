import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('snapshot_schedule')
export class ScheduleRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') volume_id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('integer') every_minutes!: number;
  @Column('integer') keep!: number;
  @Column('timestamptz') next_at!: Date;
  @Column('timestamptz', { nullable: true }) last_at!: Date | null;
  @Column('jsonb', { nullable: true }) fault!: object | null;
  @Column('timestamptz') created_at!: Date;
}

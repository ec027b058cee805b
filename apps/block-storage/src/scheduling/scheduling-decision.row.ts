import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('scheduling_decision')
export class SchedulingDecisionRow {
  @PrimaryColumn('uuid') volume_id!: string;
  @Column('timestamptz') decided_at!: Date;
  @Column('jsonb') decision!: object;
}

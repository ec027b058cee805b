import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('scheduling_decision')
export class SchedulingDecisionRow {
  @PrimaryColumn('uuid') server_id!: string;
  @Column('timestamptz') decided_at!: Date;
  @Column('jsonb') explanation!: object;
}

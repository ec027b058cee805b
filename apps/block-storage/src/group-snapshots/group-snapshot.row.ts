import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('group_snapshot')
export class GroupSnapshotRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('uuid') group_id!: string;
  @Column('uuid') group_type_id!: string;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('text') status!: string;
  @Column('integer') revision!: number;
  @Column('jsonb', { nullable: true }) fault!: object | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}

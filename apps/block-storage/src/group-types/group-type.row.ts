import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('group_type')
export class GroupTypeRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('boolean') is_public!: boolean;
  @Column('jsonb') specs!: object;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}

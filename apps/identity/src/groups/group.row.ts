import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('group')
export class GroupRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') domain_id!: string;
  @Column('text') name!: string;
  @Column('text') description!: string;
  @Column('jsonb') extra!: Record<string, unknown>;
}

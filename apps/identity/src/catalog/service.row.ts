import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('service')
export class ServiceRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') type!: string;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('boolean') enabled!: boolean;
  @Column('jsonb') extra!: Record<string, unknown>;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('endpoint')
export class EndpointRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') service_id!: string;
  @Column('text', { nullable: true }) region_id!: string | null;
  @Column('text') interface!: string;
  @Column('text') url!: string;
  @Column('boolean') enabled!: boolean;
  @Column('jsonb') extra!: Record<string, unknown>;
}

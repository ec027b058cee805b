import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('region')
export class RegionRow {
  @PrimaryColumn('text') id!: string;
  @Column('text') description!: string;
  @Column('text', { nullable: true }) parent_region_id!: string | null;
  @Column('jsonb') extra!: Record<string, unknown>;
}

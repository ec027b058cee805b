import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('resource_provider')
export class ResourceProviderRow {
  @PrimaryColumn('uuid') uuid!: string;
  @Column('text') name!: string;
  @Column('integer') generation!: number;
  @Column('uuid', { nullable: true }) parent_uuid!: string | null;
  @Column('uuid') root_uuid!: string;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') updated_at!: Date;
}

@Entity('inventory')
export class InventoryRow {
  @PrimaryColumn('uuid') provider_uuid!: string;
  @PrimaryColumn('text') resource_class!: string;
  @Column('integer') total!: number;
  @Column('integer') reserved!: number;
  @Column('integer') min_unit!: number;
  @Column('integer') max_unit!: number;
  @Column('integer') step_size!: number;
  @Column('double precision') allocation_ratio!: number;
}

@Entity('consumer')
export class ConsumerRow {
  @PrimaryColumn('uuid') uuid!: string;
  @Column('text') project_id!: string;
  @Column('text') user_id!: string;
  @Column('text') type!: string;
  @Column('integer') generation!: number;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') updated_at!: Date;
}

@Entity('allocation')
export class AllocationRow {
  @PrimaryColumn('uuid') consumer_uuid!: string;
  @PrimaryColumn('uuid') provider_uuid!: string;
  @PrimaryColumn('text') resource_class!: string;
  @Column('integer') used!: number;
  @Column('timestamptz') created_at!: Date;
}

@Entity('resource_class')
export class ResourceClassRow {
  @PrimaryColumn('text') name!: string;
  @Column('timestamptz') created_at!: Date;
}

@Entity('trait')
export class TraitRow {
  @PrimaryColumn('text') name!: string;
  @Column('timestamptz') created_at!: Date;
}

@Entity('provider_trait')
export class ProviderTraitRow {
  @PrimaryColumn('uuid') provider_uuid!: string;
  @PrimaryColumn('text') trait!: string;
}

@Entity('provider_aggregate')
export class ProviderAggregateRow {
  @PrimaryColumn('uuid') provider_uuid!: string;
  @PrimaryColumn('uuid') aggregate_uuid!: string;
}

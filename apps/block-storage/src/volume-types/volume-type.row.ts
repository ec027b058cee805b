import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('volume_type')
export class VolumeTypeRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('boolean') is_public!: boolean;
  @Column('jsonb') extra_specs!: Record<string, string | null>;
  @Column('uuid', { nullable: true }) qos_specs_id!: string | null;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
  @Column('timestamptz', { nullable: true }) deleted_at!: Date | null;
}

@Entity('volume_type_access')
export class VolumeTypeAccessRow {
  @PrimaryColumn('uuid') type_id!: string;
  @PrimaryColumn('text') project_id!: string;
}

@Entity('volume_type_encryption')
export class VolumeTypeEncryptionRow {
  @PrimaryColumn('uuid') type_id!: string;
  @Column('uuid') encryption_id!: string;
  @Column('text') provider!: string;
  @Column('text', { nullable: true }) cipher!: string | null;
  @Column('integer', { nullable: true }) key_size!: number | null;
  @Column('text') control_location!: string;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}

@Entity('default_volume_type')
export class DefaultVolumeTypeRow {
  @PrimaryColumn('text') project_id!: string;
  @Column('uuid') type_id!: string;
  @Column('timestamptz') created_at!: Date;
}

@Entity('qos_specs')
export class QosSpecsRow {
  @PrimaryColumn('uuid') id!: string;
  @Column('text') name!: string;
  @Column('text') consumer!: string;
  @Column('jsonb') specs!: Record<string, string>;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz', { nullable: true }) updated_at!: Date | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('image')
export class ImageRow {
  @PrimaryColumn('text') id!: string;
  @Column('text', { nullable: true }) name!: string | null;
  @Column('text') status!: string;
  @Column('text') visibility!: string;
  @Column('text', { nullable: true }) owner_id!: string | null;
  @Column('boolean') is_protected!: boolean;
  @Column('boolean') is_hidden!: boolean;
  @Column('text', { nullable: true }) disk_format!: string | null;
  @Column('text', { nullable: true }) container_format!: string | null;
  @Column('integer') min_disk!: number;
  @Column('integer') min_ram!: number;
  @Column('bigint', { nullable: true }) size_bytes!: number | null;
  @Column('bigint', { nullable: true }) virtual_size_bytes!: number | null;
  @Column('text', { nullable: true }) md5!: string | null;
  @Column('text', { nullable: true }) sha512!: string | null;
  @Column('text', { nullable: true }) location!: string | null;
  @Column('jsonb') properties!: Record<string, string>;
  @Column('text', { array: true }) tags!: string[];
  @Column('text', { nullable: true }) upload_id!: string | null;
  @Column('timestamptz', { nullable: true }) upload_lease_until!: Date | null;
  @Column('text', { nullable: true }) worker!: string | null;
  @Column('integer') revision!: number;
  @Column('timestamptz') created_at!: Date;
  @Column('timestamptz') updated_at!: Date;
}

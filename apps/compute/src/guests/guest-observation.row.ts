import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('guest_observation')
export class GuestObservationRow {
  @PrimaryColumn('uuid') server_id!: string;
  @PrimaryColumn('text') host!: string;
  @Column('bigint') sequence!: number;
  @Column('integer') generation!: number;
  @Column('text', { nullable: true }) power!: string | null;
  @Column('text', { array: true }) port_ids!: string[];
  @Column('text', { array: true }) attachment_ids!: string[];
  @Column('jsonb') pci_addresses!: object;
  @Column('timestamptz') observed_at!: Date;
  @Column('jsonb', { nullable: true }) failure!: object | null;
  @Column('integer', { nullable: true }) failed_generation!: number | null;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('server_nic')
export class ServerNicRow {
  @PrimaryColumn('uuid') port_id!: string;
  @Column('uuid') server_id!: string;
  @Column('bigint') revision!: number;
  @Column('boolean') is_gone!: boolean;
  @Column('jsonb', { nullable: true }) facts!: object | null;
  @Column('text', { array: true }) addresses!: string[];
  @Column('jsonb', { nullable: true }) shown!: object | null;
  @Column('text', { nullable: true }) tag!: string | null;
  @Column('bigint') position!: number;
}

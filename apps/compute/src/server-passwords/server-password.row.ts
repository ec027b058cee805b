import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('server_password')
export class ServerPasswordRow {
  @PrimaryColumn('uuid') server_id!: string;
  @Column('text') encrypted!: string;
  @Column('timestamptz') told_at!: Date;
}

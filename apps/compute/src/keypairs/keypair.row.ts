import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('keypair')
export class KeypairRow {
  @Column('bigint') id!: number;
  @PrimaryColumn('text') user_id!: string;
  @PrimaryColumn('text') name!: string;
  @Column('text') type!: string;
  @Column('text') public_key!: string;
  @Column('text') fingerprint!: string;
  @Column('timestamptz') created_at!: Date;
}

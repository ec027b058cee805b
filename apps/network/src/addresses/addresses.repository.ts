import { Injectable } from '@nestjs/common';
import { Unavailable } from '@virga/kernel';
import { fragment, onForeignKey, type Fragment, type Tx } from '@virga/persistence';
import { lookAgain } from '../contention/index.js';

export interface NewAllocation {
  subnetId: string;
  portId: string;
  /** The address's place among its port's. */
  position: number;
}

/** Addresses tried at random before the pools are searched; in a pool that is half full all fail once in 65,000 times. */
const GUESSES = 16;

/** Each try means that somebody else took the address that was found; see `allocateFromCrowded`. */
const MOST_TRIES = 100;

/**
 * Which port has which address.
 *
 * Theory of operation. The primary key (subnet, ip) makes a double allocation impossible, whatever else goes wrong. A free
 * address is chosen at random, so that one that was just given back is not handed out again at once, and so that requests
 * that come together rarely want the same one. The statement that chooses also takes an advisory lock on its choice, and passes
 * over what others have locked: nobody waits for anybody, and no transaction fails because of another. What it cannot see,
 * an address taken after the statement's snapshot, the key refuses; the crowded path then takes turns and decides. All locks end with
 * the transaction, and so does the allocation if it fails. Deleting a port frees its addresses (foreign key).
 */
@Injectable()
export class AddressesRepository {
  /** Takes any free address of the subnet's pools; undefined where there is none. */
  async allocateAny(tx: Tx, wanted: NewAllocation): Promise<string | undefined> {
    const [allocation] = await tx.sql<{ ip: string }>`
      INSERT INTO ip_allocation (subnet_id, ip, port_id, position)
      SELECT ${wanted.subnetId}, free.ip, ${wanted.portId}, ${wanted.position}::integer
      FROM (
        SELECT candidate.ip FROM (${guesses(wanted.subnetId)} UNION ALL ${gaps(wanted.subnetId)}) AS candidate
        WHERE NOT EXISTS (SELECT FROM ip_allocation AS taken WHERE taken.subnet_id = ${wanted.subnetId} AND taken.ip = candidate.ip)
        OFFSET 0
      ) AS free
      WHERE pg_try_advisory_xact_lock(hashtextextended(${wanted.subnetId} || host(free.ip), 0))
      LIMIT 1
      ON CONFLICT DO NOTHING
      RETURNING host(ip) AS ip`.catch(onForeignKey('ip_allocation_subnet', lookAgain));
    return allocation?.ip ?? this.allocateFromCrowded(tx, wanted);
  }

  /** Takes this very address; false where another port has it. */
  async allocateExactly(tx: Tx, wanted: NewAllocation, ip: string): Promise<boolean> {
    const rows = await tx.sql`
      INSERT INTO ip_allocation (subnet_id, ip, port_id, position) VALUES (${wanted.subnetId}, ${ip}::inet, ${wanted.portId}, ${wanted.position})
      ON CONFLICT DO NOTHING RETURNING position`.catch(onForeignKey('ip_allocation_subnet', lookAgain));
    return rows.length > 0;
  }

  async free(tx: Tx, portId: string, subnetId: string, ip: string): Promise<void> {
    await tx.sql`DELETE FROM ip_allocation WHERE port_id = ${portId} AND subnet_id = ${subnetId} AND ip = ${ip}::inet`;
  }

  /** Puts a port's addresses in the order in which they are given. */
  async reorder(tx: Tx, portId: string, ips: readonly string[]): Promise<void> {
    await tx.sql`
      UPDATE ip_allocation SET position = given.position FROM unnest(${ips}::inet[]) WITH ORDINALITY AS given (ip, position)
      WHERE ip_allocation.port_id = ${portId} AND ip_allocation.ip = given.ip`;
  }

  /**
   * For the last few addresses, all of them perhaps in the hands of transactions that are still open: one after another,
   * waiting for each such transaction. An address is free, or it is not, when its transaction has ended.
   */
  private async allocateFromCrowded(tx: Tx, wanted: NewAllocation): Promise<string | undefined> {
    await tx.sql`SELECT pg_advisory_xact_lock(hashtextextended(${`addresses of ${wanted.subnetId}`}, 0))`;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const [found] = await tx.sql<{ ip: string }>`
        SELECT host(candidate.ip) AS ip FROM (${gaps(wanted.subnetId)}) AS candidate
        WHERE NOT EXISTS (SELECT FROM ip_allocation AS taken WHERE taken.subnet_id = ${wanted.subnetId} AND taken.ip = candidate.ip)
        LIMIT 1`;
      if (found === undefined) return undefined;
      if (await this.allocateExactly(tx, wanted, found.ip)) return found.ip;
    }
    throw new Unavailable('network.address.contended', 'Too many requests want the last addresses of a subnet; try again.');
  }
}

/** Random addresses; a pool is chosen as often as its size deserves (the exponential clock of each pool, the first to ring). */
function guesses(subnetId: string): Fragment {
  return fragment`
    SELECT pool.first_ip + floor(random() * pool.size)::bigint AS ip
    FROM generate_series(1, ${GUESSES}::integer) AS guess CROSS JOIN LATERAL (
      SELECT first_ip, size FROM allocation_pool WHERE subnet_id = ${subnetId} AND guess > 0 ORDER BY -ln(1 - random()) / size LIMIT 1
    ) AS pool`;
}

/** Where stretches of free addresses can begin: at a pool's start, and after an address that is taken. */
function gaps(subnetId: string): Fragment {
  return fragment`
    SELECT first_ip AS ip FROM allocation_pool WHERE subnet_id = ${subnetId}
    UNION ALL
    SELECT taken.ip + 1 FROM allocation_pool AS pool JOIN ip_allocation AS taken
      ON taken.subnet_id = pool.subnet_id AND taken.ip >= pool.first_ip AND taken.ip < pool.last_ip
    WHERE pool.subnet_id = ${subnetId}`;
}

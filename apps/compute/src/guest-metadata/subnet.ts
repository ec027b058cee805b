/** A subnet by its CIDR, as far as guests must be told of it. */
export class Subnet {
  private readonly bits: number;
  private readonly isV6: boolean;

  constructor(cidr: string) {
    this.isV6 = cidr.includes(':');
    this.bits = Number(cidr.split('/')[1] ?? (this.isV6 ? 128 : 32));
  }

  /** `255.255.255.0`, `ffff:ffff:ffff:ffff::` */
  get netmask(): string {
    const size = this.isV6 ? 16 : 8;
    const groups = Array.from({ length: 128 / 16 }, (_, index) => maskGroup(this.bits - index * size, size)).slice(0, this.isV6 ? 8 : 4);
    if (!this.isV6) return groups.join('.');
    const set = groups.filter((group) => group > 0).map((group) => group.toString(16));
    return set.length === 8 ? set.join(':') : `${set.join(':')}::`;
  }
}

function maskGroup(bits: number, size: number): number {
  const ones = Math.max(0, Math.min(size, bits));
  return (2 ** ones - 1) * 2 ** (size - ones);
}

/** What a consumer needs or has, by resource class: `{ VCPU: 2, MEMORY_MB: 2048 }`. */
export type Amounts = Readonly<Record<string, number>>;

/** What a provider has of one resource class (Placement API, "inventories"). */
export interface Inventory {
  total: number;
  reserved: number;
  minUnit: number;
  maxUnit: number;
  stepSize: number;
  allocationRatio: number;
}

export interface Stock extends Inventory {
  used: number;
}

/** How much of a class can still be given to one consumer. */
export function available({ total, reserved, allocationRatio, used }: Stock): number {
  return Math.floor((total - reserved) * allocationRatio) - used;
}

/** Whether `amount` can be taken from the stock (Placement's capacity rule: capacity, then units). */
export function canTake(stock: Stock, amount: number): boolean {
  const fitsUnits = amount >= stock.minUnit && amount <= stock.maxUnit && amount % stock.stepSize === 0;
  return fitsUnits && amount <= available(stock);
}

/** A document that the identity API keeps for others and never evaluates. */
export interface PolicyDocument {
  id: string;
  type: string;
  /** Any JSON. */
  blob: unknown;
  extra: Readonly<Record<string, unknown>>;
}

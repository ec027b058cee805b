/** The names of the physical networks that hosts are connected to, from the configuration. */
export class PhysicalNetworks {
  constructor(readonly names: readonly string[]) {}
}

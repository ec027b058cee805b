import type { Session } from '../session.js';

const MEBIBYTES = 64;
/** At as many places of the disk at once, so that no request follows the one before it. */
const PLACES = 8;
const BLOCKS_EACH = 128;
const ROUNDS = 3;
const EPHEMERAL_GIBIBYTES = 1;
const VOLUME_GIBIBYTES = 2;
/** Guests under emulation take a while. */
const PATIENCE_SECONDS = 300;

/**
 * Runs in the guest: on the server's own disk, which is a plain file of its host, and on a volume, which comes through an
 * export, in turn. Prints `BENCH DISK WHAT SECONDS`. Requests go around the guest's cache; writing comes first, so that all
 * that is read was written.
 */
const SCRIPT = `#!/bin/sh
now() { cut -d' ' -f1 /proc/uptime; }
took() { awk "BEGIN { print $2 - $1 }"; }
disk() { for d in /sys/block/vd?; do [ "$(cat $d/size)" = $(($1 * 2097152)) ] && echo /dev/\${d##*/}; done; }
timed() {
  name=$1; what=$2; shift 2
  begin=$(now); "$@"; end=$(now)
  echo "BENCH $name $what $(took $begin $end)"
}
write_all() { dd if=/dev/zero of=$1 bs=1M count=${MEBIBYTES} oflag=direct 2>/dev/null; }
read_all() { dd if=$1 of=/dev/null bs=1M count=${MEBIBYTES} iflag=direct 2>/dev/null; }
at_places() {
  for place in $(seq 0 ${PLACES - 1}); do "$@" $place & done
  wait
}
write_blocks() { dd if=/dev/zero of=$1 bs=4k count=${BLOCKS_EACH} seek=$(($2 * 2048)) oflag=direct conv=notrunc 2>/dev/null; }
read_blocks() { dd if=$1 of=/dev/null bs=4k count=${BLOCKS_EACH} skip=$(($2 * 2048)) iflag=direct 2>/dev/null; }
plain=$(disk ${EPHEMERAL_GIBIBYTES} | tail -1); volume=$(disk ${VOLUME_GIBIBYTES})
write_all $plain; write_all $volume
for round in $(seq ${ROUNDS}); do
  timed plain write-all write_all $plain; timed volume write-all write_all $volume
  timed plain read-all read_all $plain; timed volume read-all read_all $volume
  timed plain write-blocks at_places write_blocks $plain; timed volume write-blocks at_places write_blocks $volume
  timed plain read-blocks at_places read_blocks $plain; timed volume read-blocks at_places read_blocks $volume
done
echo BENCH-DONE
`;

/** Input and output of a real guest on a volume, beside its own disk in the same run. */
export async function guestDisks(session: Session): Promise<void> {
  const { client } = session;
  const network = `${session.url('network')}/v2.0`;
  const compute = session.url('compute');
  const { images } = await client.demand<{ images: { id: string; name: string }[] }>({ method: 'GET', url: `${session.url('image')}/v2/images?name=virga-linux` });
  const net = (await client.demand<{ network: { id: string } }>({ method: 'POST', url: `${network}/networks`, body: { network: { name: 'bench-disks' } } })).network;
  await client.demand({ method: 'POST', url: `${network}/subnets`, body: { subnet: { network_id: net.id, ip_version: 4, cidr: '10.202.0.0/24' } } });
  // The root disk is as large as none of the two.
  const shape = { name: 'bench-disks', ram: 128, vcpus: 1, disk: 3, 'OS-FLV-EXT-DATA:ephemeral': EPHEMERAL_GIBIBYTES };
  const { flavor } = await client.demand<{ flavor: { id: string } }>({ method: 'POST', url: `${compute}/flavors`, body: { flavor: shape } });
  const devices = [
    { source_type: 'image', destination_type: 'local', uuid: images[0]?.id, boot_index: 0, delete_on_termination: true },
    { source_type: 'blank', destination_type: 'local', volume_size: EPHEMERAL_GIBIBYTES, boot_index: -1, delete_on_termination: true },
    { source_type: 'blank', destination_type: 'volume', volume_size: VOLUME_GIBIBYTES, boot_index: -1, delete_on_termination: true },
  ];
  const { server } = await client.demand<{ server: { id: string } }>({
    method: 'POST', url: `${compute}/servers`, body: { server: {
      name: 'bench-disks', flavorRef: flavor.id, imageRef: images[0]?.id, networks: [{ uuid: net.id }], availability_zone: 'nova', block_device_mapping_v2: devices,
      user_data: Buffer.from(SCRIPT).toString('base64'),
    } },
  });
  try {
    report(session, await untilDone(session, `${compute}/servers/${server.id}`));
  } finally {
    await client.demand({ method: 'DELETE', url: `${compute}/servers/${server.id}` });
    while ((await client.send({ method: 'GET', url: `${compute}/servers/${server.id}` })).status !== 404) await pause();
    await client.demand({ method: 'DELETE', url: `${network}/networks/${net.id}` });
    await client.demand({ method: 'DELETE', url: `${compute}/flavors/${flavor.id}` });
  }
}

/** The guest's console, once all is measured. */
async function untilDone({ client }: Session, server: string): Promise<string> {
  for (const startedAt = performance.now(); performance.now() - startedAt < PATIENCE_SECONDS * 1000; await pause()) {
    const { status, body } = await client.send({ method: 'POST', url: `${server}/action`, body: { 'os-getConsoleOutput': {} } });
    const { output } = body as { output?: string };
    if (status === 200 && output?.includes('BENCH-DONE') === true) return output;
  }
  throw new Error(`The guest did not measure its disks within ${PATIENCE_SECONDS} s.`);
}

function report(session: Session, console: string): void {
  const timesOf = (disk: string, what: string): number[] => [...console.matchAll(new RegExp(`BENCH ${disk} ${what} ([0-9.]+)`, 'g'))].map(([, seconds]) => Number(seconds));
  const requests = PLACES * BLOCKS_EACH;
  for (const [what, label, amount, figure] of [
    ['write-all', `write ${MEBIBYTES} MiB in the guest`, MEBIBYTES, 'mebibytesPerSecond'], ['read-all', `read ${MEBIBYTES} MiB in the guest`, MEBIBYTES, 'mebibytesPerSecond'],
    ['write-blocks', `write ${requests} blocks of 4 KiB here and there`, requests, 'perSecond'], ['read-blocks', `read ${requests} blocks of 4 KiB here and there`, requests, 'perSecond'],
  ] as const) {
    const [plain, volume] = [median(timesOf('plain', what)), median(timesOf('volume', what))];
    session.add({ what: `${label}, volume`, figures: { [figure]: amount / volume, percentOfPlain: 100 * plain / volume } });
  }
}

function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new Error('The guest measured nothing.');
  return middle;
}

function pause(): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, 500); });
}

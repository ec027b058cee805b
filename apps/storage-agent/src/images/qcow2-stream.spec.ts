import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { qcow2Bytes, qcow2Of, UsedClusters } from './qcow2-stream.js';

const run = promisify(execFile);

/** In pieces that fit no cluster. */
async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 100_001) yield bytes.subarray(at, at + 100_001);
}

describe('a disk as a stream of qcow2', () => {
  let directory: string;
  beforeAll(async () => { directory = await mkdtemp(join(tmpdir(), 'vqcow2-')); });
  afterAll(() => rm(directory, { recursive: true }));

  const disks: [string, Buffer][] = [
    ['nothing but zeros', Buffer.alloc(3 * 2 ** 20)],
    ['one sector', randomBytes(512)],
    ['a last cluster that is not whole', randomBytes(2 ** 20 + 1536)],
    ['holes', Buffer.concat([randomBytes(65_536), Buffer.alloc(2 ** 20), randomBytes(70_000 - 70_000 % 512), Buffer.alloc(2 ** 20)])],
  ];

  it.each(disks)('is what QEMU reads, with %s', async (_name, disk) => {
    const used = await UsedClusters.of(pieces(disk), disk.length);
    const parts: Buffer[] = [];
    for await (const part of qcow2Of(pieces(disk), used)) parts.push(part);
    const file = Buffer.concat(parts);
    const [path, raw] = [join(directory, 'disk.qcow2'), join(directory, 'disk.raw')];
    await writeFile(path, file);

    expect(file.length).toBe(qcow2Bytes(used));
    const { stdout } = await run('qemu-img', ['check', '--output=json', '-f', 'qcow2', path]);
    expect(JSON.parse(stdout)).not.toMatchObject({ corruptions: expect.anything() });
    expect(JSON.parse(stdout)).not.toMatchObject({ leaks: expect.anything() });
    await run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', path, raw]);
    expect((await readFile(raw)).equals(disk)).toBe(true);
  });

  it('counts the references of a large disk, whose data is left out here', async () => {
    const [mebibyte, mebibytes] = [Buffer.alloc(2 ** 20, 1), 2_200];
    const used = new UsedClusters(mebibytes * 2 ** 20);
    for (let cluster = 0; cluster < used.clusters; cluster += 1) used.add(cluster);
    const path = join(directory, 'large.qcow2');
    const file = await open(path, 'w');
    let at = 0;
    for await (const part of qcow2Of((async function* () { for (let n = 0; n < mebibytes; n += 1) yield mebibyte; })(), used)) {
      if (part[0] !== 1) await file.write(part, 0, part.length, at);
      at += part.length;
    }
    await file.truncate(at);
    await file.close();

    expect(at).toBe(qcow2Bytes(used));
    const { stdout } = await run('qemu-img', ['check', '--output=json', '-f', 'qcow2', path]);
    expect(JSON.parse(stdout)).toMatchObject({ 'allocated-clusters': used.clusters, 'check-errors': 0 });
    expect(JSON.parse(stdout)).not.toMatchObject({ corruptions: expect.anything() });
  });
});

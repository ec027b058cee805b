import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { fc, runs } from '@virga/testing/fast-check';
import { inspect } from './inspect.js';
import { inspected } from './inspected-stream.js';

function qcow2(change: (header: Buffer) => void = () => undefined): Buffer {
  const header = Buffer.alloc(65_536);
  header.writeUInt32BE(0x514649fb, 0);
  header.writeUInt32BE(3, 4);
  header.writeUInt32BE(16, 20);
  header.writeBigUInt64BE(117_440_512n, 24);
  header.writeUInt32BE(104, 100);
  change(header);
  return header;
}

describe('inspecting an image', () => {
  it('reads the virtual size of a qcow2 image', () => {
    expect(inspect(qcow2(), 'qcow2')).toEqual({ virtualSizeBytes: 117_440_512 });
  });

  it.each([
    ['a backing file', qcow2((header) => header.writeBigUInt64BE(1024n, 8)), 'qcow2', /backing file/],
    ['an external data file by its feature bit', qcow2((header) => header.writeBigUInt64BE(4n, 72)), 'qcow2', /another file/],
    ['an external data file by its header extension', qcow2((header) => { header.writeUInt32BE(0x44415441, 104); header.writeUInt32BE(8, 108); }), 'qcow2', /names another file/],
    ['one hidden behind another extension', qcow2((header) => { header.writeUInt32BE(0x6803f857, 104); header.writeUInt32BE(5, 108); header.writeUInt32BE(0x44415441, 120); }), 'qcow2', /names another file/],
    ['a qcow2 image declared as raw', qcow2(), 'raw', /declared as raw/],
    ['anything else declared as qcow2', randomBytes(1024), 'qcow2', /not a qcow2 image/],
    ['a qcow2 header that ends early', qcow2().subarray(0, 60), 'qcow2', /cut short/],
    ['a VMDK descriptor', Buffer.from('# Disk DescriptorFile\nversion=1\nRW 1 FLAT "/etc/passwd" 0\n'), 'vmdk', /names other files/],
  ])('refuses %s', (_name, head, declared, reason) => {
    expect(() => inspect(head, declared)).toThrow(reason);
  });

  it('takes random bytes as raw', () => {
    expect(inspect(Buffer.from('random'), 'raw')).toEqual({ virtualSizeBytes: undefined });
  });

  it('never fails otherwise, whatever the header says', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom('qcow2', 'raw', 'vmdk'), (bytes, declared) => {
      const head = Buffer.concat([Buffer.from([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3]), Buffer.from(bytes)]);
      try {
        inspect(head, declared);
      } catch (error) {
        expect((error as Error).name).toBe('ContentRefused');
      }
    }));
  });

  it('gives the stream back whole, however it was cut', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 50_000 }), { maxLength: 8 }), async (sizes) => {
      const chunks = sizes.map((size) => randomBytes(size));
      const { bytes } = await inspected(Readable.from(chunks, { objectMode: false }), 'raw');
      const found: Buffer[] = [];
      for await (const chunk of bytes) found.push(chunk as Buffer);
      expect(Buffer.concat(found).equals(Buffer.concat(chunks))).toBe(true);
    }), { numRuns: runs(20) });
  });
});

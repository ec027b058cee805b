/**
 * A guest system of 128 bytes, for tests that need a guest which answers: a boot sector that prints `tiny guest is up` on
 * the serial port, sleeps, lets go of any device it is asked to, and prints `tiny guest powers off` and obeys when the
 * ACPI power button is pressed. It runs in real mode on QEMU's `pc` machine and is up about a second after its start.
 */
const CODE = [
  'fa31c08ed88ed0bc007cfb', //            cli; ds = ss = 0; sp = 0x7c00; sti
  'be557ce83800', //                      print "tiny guest is up"
  'ba0206b80001ef', //                    out 0x602 (PM1 enable), power button
  'f4', //                            wait: hlt
  'ba10ae6631c066ef', //                  out 0xae10 (PCI hot-plug bus), 0
  'ba04ae66ed6685c07405ba08ae66ef', //    in 0xae04 (asked to let go); if any, out 0xae08 (let go)
  'ba0006eda9000174df', //                in 0x600 (PM1 status); no power button: wait
  'be687ce80a00', //                      print "tiny guest powers off"
  'ba0406b80020ef', //                    out 0x604 (PM1 control), soft off
  'f4ebfd', //                            hlt for ever
  'baf803ac84c07403eeebf8c3', //          print: each byte of [si] to the serial port
  Buffer.from('tiny guest is up\r\n\0tiny guest powers off\r\n\0', 'latin1').toString('hex'),
].join('');

/** The BIOS does not boot from a disk of a few sectors. */
const IMAGE_BYTES = 1024 * 1024;
const BOOT_SIGNATURE_AT = 510;

/** The guest as a raw disk image of 1 MiB. */
export function tinyGuestImage(): Buffer {
  const image = Buffer.alloc(IMAGE_BYTES);
  Buffer.from(CODE, 'hex').copy(image);
  image.writeUInt16LE(0xaa55, BOOT_SIGNATURE_AT);
  return image;
}

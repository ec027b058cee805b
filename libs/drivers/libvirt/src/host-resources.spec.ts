import { hasKvmGuests } from './host-resources.js';

const capabilities = (domains: string): string => `<capabilities><host><cpu><arch>x86_64</arch><model>EPYC</model></cpu></host>
<guest><os_type>hvm</os_type><arch name='i686'><domain type='qemu'/><domain type='kvm'/></arch></guest>
<guest><os_type>hvm</os_type><arch name='x86_64'>${domains}</arch></guest></capabilities>`;
const node = (domains: string) => ({
  hostname: 'h', hypervisorVersion: 1, cpus: 1, memoryMebibytes: 1, memoryUsedMebibytes: 0, capabilitiesXml: capabilities(domains),
});

describe('what libvirt offers', () => {
  it('is KVM only where it says so for our architecture', () => {
    expect(hasKvmGuests(node('<domain type="qemu"/><domain type="kvm"/>'))).toBe(true);
    expect(hasKvmGuests(node('<domain type="qemu"/>'))).toBe(false);
  });
});

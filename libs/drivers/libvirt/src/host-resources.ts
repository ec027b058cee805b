import { readFile, statfs } from 'node:fs/promises';
import type { HostResources } from '@virga/ports';
import { attribute, child, children, parseXml, textOf } from './domain-xml.js';
import type { NodeFacts } from './libvirt-client.js';

/** Flags of `/proc/cpuinfo` and their `os-traits` names. */
const CPU_TRAITS: Record<string, string> = {
  aes: 'AESNI', avx: 'AVX', avx2: 'AVX2', avx512f: 'AVX512F', avx512bw: 'AVX512BW', avx512cd: 'AVX512CD', avx512dq: 'AVX512DQ',
  avx512vl: 'AVX512VL', bmi1: 'BMI', bmi2: 'BMI2', f16c: 'F16C', fma: 'FMA3', mmx: 'MMX', pclmulqdq: 'CLMUL', sha_ni: 'SHA',
  sse: 'SSE', sse2: 'SSE2', pni: 'SSE3', ssse3: 'SSSE3', sse4_1: 'SSE41', sse4_2: 'SSE42', svm: 'SVM', vmx: 'VMX',
};

const OWN_TRAITS = [
  'COMPUTE_NODE', 'COMPUTE_NET_ATTACH_INTERFACE', 'COMPUTE_IMAGE_TYPE_QCOW2', 'COMPUTE_IMAGE_TYPE_RAW',
  'COMPUTE_NET_VIF_MODEL_VIRTIO', 'COMPUTE_STORAGE_BUS_VIRTIO',
];

/** What a host has and what of it is taken, in the words of the port. */
export async function hostResources(node: NodeFacts, isHardware: boolean, directory: string): Promise<HostResources> {
  const disk = await statfs(directory);
  const gibibytes = (blocks: number): number => Math.floor((blocks * disk.bsize) / 1024 ** 3);
  const cpu = child(child(child(parseXml(node.capabilitiesXml), 'capabilities'), 'host'), 'cpu');
  return {
    hypervisorType: 'QEMU', hypervisorVersion: node.hypervisorVersion, hypervisorHostname: node.hostname,
    hasHardwareVirtualization: isHardware, vcpus: node.cpus,
    memoryMebibytes: node.memoryMebibytes, memoryUsedMebibytes: node.memoryUsedMebibytes,
    diskGibibytes: gibibytes(disk.blocks), diskUsedGibibytes: gibibytes(disk.blocks - disk.bfree),
    cpuModel: textOf(cpu['model']) || 'unknown',
    traits: [...OWN_TRAITS, ...(isHardware ? await cpuTraits() : [])].sort(),
  };
}

/** Whether libvirt would run guests of our architecture on KVM. */
export function hasKvmGuests({ capabilitiesXml }: NodeFacts): boolean {
  const guests = children(child(parseXml(capabilitiesXml), 'capabilities'), 'guest');
  return guests.map((guest) => child(guest, 'arch'))
    .some((arch) => attribute(arch, 'name') === 'x86_64' && children(arch, 'domain').some((domain) => attribute(domain, 'type') === 'kvm'));
}

/** The processor's abilities are the guests' only where guests run on it. */
async function cpuTraits(): Promise<string[]> {
  const flags = /^flags\s*:(.*)$/m.exec(await readFile('/proc/cpuinfo', 'utf8'))?.[1]?.trim().split(/\s+/) ?? [];
  return flags.flatMap((flag) => CPU_TRAITS[flag] ?? []).map((name) => `HW_CPU_X86_${name}`);
}

import type { InstanceFacts } from '../../../src/analysis/colocation/observation.ts'
import type { ContentionEvidence } from '../../../src/analysis/colocation/placement.ts'

export type Facts = Readonly<Record<string, string>>
type Changes = Partial<Omit<InstanceFacts, 'facts'>>
type Contention = readonly Pick<ContentionEvidence, 'channel' | 'groups'>[]

const BOOT = 'proc/sys/kernel/random/boot_id'
const TYPE = 'env/AWS_LAMBDA_INITIALIZATION_TYPE'
const STREAM = 'env/AWS_LAMBDA_LOG_STREAM_NAME'
export const ZONE = 'metadata/execution-environment'
export const CGROUP = 'proc/self/cgroup'
const MAC = 'sys/class/net/eth0/address'
export const NODE = 'env/KUBERNETES_NODE_NAME'
const GOOGLE_ID = 'metadata/computeMetadata/v1/instance/id'

export const boot = { [BOOT]: '7c1fd0a5-93be-4a62-8d17-50b6e2c9f384' }
const zone = (number: number) => ({ [ZONE]: JSON.stringify({ AvailabilityZoneID: `euc1-az${number}` }) })
const mac = { [MAC]: 'ca:9d:05:3a:71:0e' }
const mnt = { 'proc/self/ns/mnt': 'mnt:[4026532210]' }
const root = { [CGROUP]: '2:cpu:/sandbox-root-q7RkWm/sandbox-3fa19e' }
const id = 'd287db7f1adbc60926f6967e7893f57fd14c1604d115cea325a65e19cbae5302'
const inner = '662b5e803b61ba4168160adb59261ff2d3c425c8d99d19bdd0b6cc60d5d32cbe'
const docker = (name: string) => ({ [CGROUP]: `4:memory:/docker/${name}` })
const gvisor = { 'proc/stat': 'cpu  0 0 0 0 0 0 0 0 0 0\nbtime 1764100000' }
const started = (seconds: number) => ({ 'proc/stat': `cpu  5123 0 2311 90211 17 0 3 120 0 0\nbtime ${seconds}` })
const processor = (model: number) => ({ 'proc/cpuinfo': `vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: ${model}\nstepping\t: 2` })
const counter = {
  ...gvisor,
  'proc/cpuinfo': 'model name\t: Intel(R) Xeon(R) CPU @ 2.00GHz',
  tsc: '2000000000000000 1764200000000.0',
}
const pod = (uid: string, container: string) => ({
  [CGROUP]: `0::/kubepods.slice/kubepods-pod${uid.replaceAll('-', '_')}.slice/cri-containerd-${container}.scope`,
})
const [ONE_POD, OTHER_POD] = ['6e120a57-8757-463e-88d1-f0e22d4ae56a', 'd7675dbd-9956-4246-a395-dfeff8f6f457']
const stamp = (number: number) => ({ 'env/WEBSITE_HOME_STAMPNAME': `waws-prod-bay-10${number}` })
const MANAGED = { [TYPE]: 'lambda-managed-instances' }
const azureMachine = {
  'env/WEBSITE_INSTANCE_ID': '02c705ae24eaf5f298e553a9c2724b9fe4485707c2d1c36137cd02931091e561',
  'env/WEBSITE_SKU': 'Standard',
}

/** Instances made to deceive, and what is right about them. */
export interface Case {
  readonly name: string
  readonly provider: string
  /** Facts of a, b, c …; with what else is not as usual. */
  readonly told: readonly (Facts | readonly [Facts, Changes])[]
  readonly contention?: Contention
  /** As `vm a b`; none: nobody is together. */
  readonly groups?: readonly string[]
  /** As `a b`. */
  readonly apart?: readonly string[]
  readonly undecided?: string
}

export const all = (facts: Facts, times = 3): Facts[] => Array.from({ length: times }, () => facts)
const live = (fromMs: number, toMs: number): Changes => ({ fromMs, toMs })
const tested = (confidence: number, ...groups: string[]): Contention => [
  { channel: 'memory', groups: groups.map((names) => ({ instances: names.split(' '), confidence })) },
]

// biome-ignore format: a table, a case a line where it fits
export const CASES: readonly Case[] = [
  {
    name: 'one boot id in two regions',
    provider: 'kubernetes',
    told: [[boot, { region: 'eu-west-1' }], [boot, { region: 'us-east-1' }]],
    apart: ['a b'],
  },
  { name: 'one boot id in two accounts', provider: 'kubernetes', told: [[boot, { account: '1' }], [boot, { account: '2' }]] },
  { name: 'one boot id at two providers', provider: 'azure', told: [boot, [boot, { provider: 'kubernetes' }]] },
  { name: 'a boot id is one kernel, where kernels are shared', provider: 'kubernetes', told: all(boot, 2), groups: ['vm a b'] },
  { name: 'the same on Managed Instances', provider: 'aws', told: all({ ...boot, ...MANAGED }, 2), groups: ['vm a b'] },
  { name: 'the same below a sandbox root', provider: 'aws', told: all({ ...boot, ...root }, 2), groups: ['sandbox a b'] },
  ...['snap-start', 'SnapStart', 'SNAP_START', ' snap-start\r\n', 'snap-start\0', 'tomorrow'].map((type) => ({
    name: `snapshots by the name of ${JSON.stringify(type)}`,
    provider: 'aws',
    told: all({ ...boot, ...mnt, ...mac, ...docker(id), [TYPE]: type }),
  })),
  { name: 'snapshots, of which some do not tell', provider: 'aws', told: [{ ...boot, ...mnt, [TYPE]: 'snap-start' }, ...all({ ...boot, ...mnt })] },
  { name: 'snapshots, of which some tell something else', provider: 'aws', told: [{ ...boot, ...mnt, [TYPE]: 'snap-start' }, ...all({ ...boot, ...mnt, ...MANAGED })] },
  { name: 'no type of initialization', provider: 'aws', told: all({ ...boot, ...mnt, ...docker(id) }) },
  { name: 'no type of initialization, by a provider of one’s own', provider: 'mine', told: all({ ...boot, ...mnt, 'env/AWS_LAMBDA_FUNCTION_NAME': 'f' }) },
  { name: 'on demand, a kernel each: one boot id is a copy', provider: 'aws', told: all({ ...boot, ...mnt, [TYPE]: 'on-demand' }) },
  { name: 'on demand, one log stream: the process began anew', provider: 'aws', told: all({ ...boot, [TYPE]: 'on-demand', [STREAM]: '2026/03/05/[$LATEST]786a619211474ab1abe53a27eb390c0a' }, 2), groups: ['sandbox a b'] },
  { name: 'one boot id on Cloud Run', provider: 'gcp', told: all({ ...boot, ...mnt }) },
  { name: 'gVisor, all', provider: 'kubernetes', told: all({ ...gvisor, ...boot, ...mnt }) },
  { name: 'gVisor, of which only one tells', provider: 'kubernetes', told: [{ ...gvisor, ...boot, ...mnt }, ...all({ ...boot, ...mnt })] },
  { name: 'a burst of cold starts', provider: 'aws', told: all({ ...started(1764100000), 'proc/uptime': '10.00 9.00', 'clock/uptime': '1764100010000' }, 8) },
  { name: 'clocks a minute apart, one kernel', provider: 'kubernetes', told: [{ ...boot, ...started(1764100000) }, { ...boot, ...started(1764100060) }], groups: ['vm a b'] },
  { name: 'clocks a minute apart, and a weak identifier', provider: 'azure', told: [1764100000, 1764100060].map((at) => ({ ...started(at), 'env/COMPUTERNAME': 'RD0003FF123456' })) },
  { name: 'an address that goes on to the next, at once', provider: 'kubernetes', told: [[{ ...boot, ...mnt }, live(0, 1000)], [{ ...boot, ...mnt }, live(1000, 2000)]], groups: ['vm a b'] },
  { name: 'an address that goes on to the next, later', provider: 'aws', told: [[mac, live(0, 999)], [mac, live(1000, 2000)]] },
  { name: 'namespaces of a boot id that is no random number', provider: 'kubernetes', told: all({ ...mnt, [BOOT]: '00000000-0000-0000-0000-000000000000' }) },
  {
    name: 'namespaces of a boot id that two nodes have',
    provider: 'kubernetes',
    told: [1, 2, 3, 3].map((n) => ({ ...boot, 'proc/self/ns/mnt': `mnt:[402653221${n}]`, ...(n < 3 && { [NODE]: `pool-${n}` }) })),
  },
  { name: 'the root of nothing', provider: 'aws', told: all({ [CGROUP]: '2:cpu:/sandbox-root-XXXXXX/sandbox-3fa19e' }) },
  { name: 'a root, and nothing below it', provider: 'aws', told: all({ [CGROUP]: '2:cpu:/sandbox-root-q7RkWm/sandbox-serv' }) },
  ...['0::/', '', '\n', '\r\n', '\0', '0::/\r\n1:cpu:/', ':::', '1:cpu:', '\0'.repeat(64)].map((text) => ({
    name: `${JSON.stringify(text.slice(0, 20))} for a cgroup`,
    provider: 'docker',
    told: all({ [CGROUP]: text, 'proc/self/mountinfo': text, [BOOT]: text, 'proc/stat': text, 'proc/cpuinfo': text, [MAC]: text }),
  })),
  { name: 'lines that end as on Windows, and upper case', provider: 'docker', told: [{ ...boot }, { [BOOT]: ` ${boot[BOOT]?.toUpperCase()}\r\n` }], groups: ['vm a b'] },
  { name: 'a container by 12 digits', provider: 'docker', told: all(docker(id.slice(0, 12))) },
  { name: 'a container by 64 digits', provider: 'docker', told: all(docker(id), 2), groups: ['sandbox a b'] },
  { name: 'two containers within one, cut off', provider: 'docker', told: all(docker(`${id}/docker/${inner.slice(0, 40)}`)) },
  { name: 'pods of one node', provider: 'kubernetes', told: [ONE_POD, OTHER_POD].map((uid) => ({ ...pod(uid, id), [NODE]: 'ip-10-0-0-1' })), groups: ['vm a b'] },
  { name: 'pods of one template on two nodes', provider: 'kubernetes', told: [1, 2].map((n) => ({ [NODE]: `ip-10-0-0-${n}`, 'env/HOSTNAME': 'measure-7f9c6d5b8f', ...(n === 1 ? pod(ONE_POD, id) : pod(OTHER_POD, inner)) })) },
  { name: 'two containers of one pod', provider: 'kubernetes', told: [pod(ONE_POD, id), pod(ONE_POD, inner)], groups: ['sandbox a b'] },
  { name: 'one pod on two nodes', provider: 'kubernetes', told: [1, 2].map((n) => ({ ...pod(ONE_POD, id), [NODE]: `pool-${n}` })) },
  ...['ccvm1', 'localhost', 'node-1', 'ip-10-0-0-1', 'vm'].map((name) => ({
    name: `all are called ${name}`,
    provider: 'azure',
    told: all({ 'env/HOSTNAME': name, 'proc/sys/kernel/hostname': name, 'env/COMPUTERNAME': name }),
  })),
  { name: 'Linux Consumption: no instance, role 0', provider: 'azure', told: all({ ...stamp(1), 'env/WEBSITE_ROLE_INSTANCE_ID': '0', 'env/Fabric_NodeIPOrFQDN': '10.92.0.4' }) },
  { name: 'an Azure machine', provider: 'azure', told: all(azureMachine, 2), groups: ['vm a b'] },
  { name: 'an Azure machine on two stamps', provider: 'azure', told: [1, 2, 2].map((n) => ({ ...azureMachine, ...stamp(n) })), apart: ['a b', 'a c'] },
  { name: 'a worker of nothing', provider: 'azure', told: all({ 'env/COMPUTERNAME': 'RD000000000000' }) },
  { name: 'the hash of nothing, cut', provider: 'azure', told: all({ ...azureMachine, 'env/WEBSITE_INSTANCE_ID': 'e3b0c44298fc1c149afbf4c8996fb924' }) },
  { name: 'ids of Google with one prefix', provider: 'gcp', told: ['a1', 'b2', 'c3'].map((end) => ({ [GOOGLE_ID]: `00bf4bf02d5f3c7e8a9d1b2c4e6f7a8b9c0d1e2f${end}` })) },
  { name: 'one page of an error for all answers', provider: 'gcp', told: all(Object.fromEntries([GOOGLE_ID, ZONE, 'egress', BOOT, MAC, CGROUP].map((key) => [key, '<!DOCTYPE html><html><body>503 Service Unavailable</body></html>']))) },
  { name: 'one way out', provider: 'aws', told: all({ egress: '203.0.113.77' }), groups: ['egress a b c'] },
  { name: 'equal counters in two zones', provider: 'gcp', told: [1, 1, 2].map((n) => ({ ...counter, ...zone(n) })), groups: ['host a b'], apart: ['a c', 'b c'] },
  { name: 'one address on two processors', provider: 'kubernetes', told: [63, 85].map((model) => ({ ...mac, ...processor(model) })), apart: ['a b'] },
  { name: 'a node in two zones', provider: 'kubernetes', told: [1, 2].map((n) => ({ [NODE]: 'pool-1', ...zone(n) })), apart: ['a b'] },
  { name: 'programs of 32 and 64 bits on one node', provider: 'kubernetes', told: ['ia32', 'x64'].map((arch) => ({ [NODE]: 'pool-1', 'process/arch': arch })), groups: ['vm a b'] },
  { name: 'a container, twice told in two ways', provider: 'azure', told: ['9133AA1C-637127197019543644', '9133aa1c-637127197019543644'].map((name) => ({ 'env/CONTAINER_NAME': name })), groups: ['sandbox a b'] },
  {
    name: 'between two zones by equal evidence: in neither',
    provider: 'gcp',
    told: [zone(1), {}, zone(2)],
    contention: [...tested(0.9, 'a b'), ...tested(0.9, 'b c')],
    apart: ['a c'],
    undecided: 'b',
  },
  {
    name: 'a chain between two zones: whoever could be in either is in neither',
    provider: 'gcp',
    told: [zone(1), {}, {}, zone(2), zone(1)],
    contention: [...tested(0.9, 'a b e'), ...tested(0.92, 'b c'), ...tested(0.91, 'c d')],
    groups: ['host a e'],
    apart: ['a d', 'd e'],
    undecided: 'b c',
  },
  {
    name: 'between two zones by strong and weak evidence: where the strong is',
    provider: 'kubernetes',
    told: [{ ...boot, ...zone(1) }, boot, zone(2)],
    contention: tested(0.7, 'b c'),
    groups: ['vm a b'],
    apart: ['a c', 'b c'],
  },
  {
    name: 'between two architectures, by weak identifiers',
    provider: 'azure',
    told: [
      { 'process/arch': 'x64', 'env/COMPUTERNAME': 'RD0003FF123456' },
      { 'env/COMPUTERNAME': 'RD0003FF123456', 'env/WEBSITE_INSTANCE_ID': azureMachine['env/WEBSITE_INSTANCE_ID'] },
      { 'process/arch': 'arm64', 'env/WEBSITE_INSTANCE_ID': azureMachine['env/WEBSITE_INSTANCE_ID'] },
    ],
    apart: ['a c'],
    undecided: 'b',
  },
  { name: 'contention against two regions', provider: 'aws', told: [[{}, { region: 'eu-west-1' }], [{}, { region: 'us-east-1' }]], contention: tested(0.999, 'a b'), apart: ['a b'] },
  { name: 'contention against two zones, and one in neither', provider: 'aws', told: [zone(1), zone(2), {}], contention: tested(0.999, 'a b c'), apart: ['a b'], undecided: 'c' },
  { name: 'two hundred with one variable', provider: 'aws', told: all({ 'env/SHARD': 'a4f1c09b7e5d23681fbc', 'env/HOSTNAME': 'a4f1c09b7e5d' }, 200) },
  { name: 'a declared host without a name', provider: 'local', told: [[{}, { host: '' }], [{}, { host: '' }]] },
  { name: 'one alone', provider: 'aws', told: [boot] },
]

import type { InstanceFacts } from '../../../src/analysis/colocation/observation.ts'
import type { Random } from '../../../src/analysis/seeded-random.ts'

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('')

const uuid = (random: Random): string => [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join('-')

/** Ten facts each, of Lambda before 2019: sandboxes on machines of about eight each, machines on processors of four kinds. */
export function manyInstances(count: number, random: Random): InstanceFacts[] {
  const machines = Array.from({ length: Math.ceil(count / 8) }, (_, index) => ({
    root: index.toString(36).padStart(6, 'A'),
    boot: uuid(random),
    start: 1_500_000_000 + Math.floor(random() * 1e7),
    model: [63, 79, 85, 106][Math.floor(random() * 4)] ?? 63,
    host: `host-${index}`,
  }))
  return Array.from({ length: count }, (_, index) => {
    const { root, boot, start, model, host } = machines[Math.floor(random() * machines.length)] ?? {
      root: 'AAAAAA',
      boot: '',
      start: 0,
      model: 0,
      host: '',
    }
    const fromMs = 1_700_000_000_000 + Math.floor(random() * 1e6)
    return {
      instance: `nonce-${index.toString().padStart(7, '0')}`,
      provider: 'aws',
      region: 'us-east-1',
      host,
      fromMs,
      toMs: fromMs + 60_000,
      invocations: 1,
      facts: {
        'proc/self/cgroup': `9:perf_event:/\n8:memory:/sandbox-${hex(random, 6)}\n2:cpu:/sandbox-root-${root}/sandbox-${hex(random, 6)}\n1:blkio:/`,
        'proc/sys/kernel/random/boot_id': boot,
        'proc/stat': `cpu  ${index} 0 34 5600 7 0 0 0 0 0\nbtime ${start}`,
        'proc/meminfo': 'MemTotal: 3857540 kB',
        'proc/cpuinfo': `vendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: ${model}\nmodel name\t: Intel(R) Xeon(R) Processor @ 2.50GHz\nstepping\t: 2`,
        'proc/self/ns/mnt': `mnt:[${4026532000 + Math.floor(random() * 1e5)}]`,
        'env/AWS_LAMBDA_LOG_STREAM_NAME': `2017/05/05/[$LATEST]${hex(random, 32)}`,
        'env/AWS_LAMBDA_FUNCTION_NAME': 'probe',
        egress: `34.229.${index % 16}.${index % 251}`,
        'process/arch': 'x64',
      },
    }
  })
}

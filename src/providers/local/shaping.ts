import { sandboxAddress } from './addresses.ts'
import type { Settings } from './options.ts'
import { portOf, type SandboxPlace } from './topology.ts'

/**
 * The lines for `tc -batch` that make a sharing policy. In the host's namespace `br0` sends what functions download and `up0` what
 * they upload, so each policy is the same twice. The kernel counts Ethernet frames: goodput = rate × 1448 / 1514.
 */

const DIRECTIONS = [
  { device: 'br0', match: 'dst' },
  { device: 'up0', match: 'src' },
] as const
/** Super-packets are 64 kB; below that, or below 4 ms of the rate, a bucket loses throughput. */
const MIN_BURST_BYTES = 65_536
const BURST_SECONDS = 0.004
const UPLINK_QUEUE_MS = 20
const CAP_QUEUE_MS = 50
/** A function's own queue under `fair`: two super-packets, or as long as a bucket. With more, slow functions wait half a second. */
const MIN_QUEUE_BYTES = 131_072
/** Bytes a class sends in its turn when classes share what others leave. */
const QUANTUM_BYTES = 60_000
/** Class 1:1 is the uplink; those of the sandboxes begin at 1:10 (numbers are hexadecimal). */
const FIRST_CLASS = 0x10

/** Qdiscs and classifiers that a policy needs of the kernel. */
export function shapersOf(sharing: Settings['sharing']): readonly ('tbf' | 'htb')[] {
  return sharing === 'none' ? [] : sharing === 'fair' ? ['htb'] : ['tbf']
}

/** In a host's namespace: the uplink, before there is any sandbox. */
export function uplinkShaping({ sharing, uplinkBitsPerSecond }: Settings): string[] {
  if (sharing === 'none' || uplinkBitsPerSecond === undefined) return []
  return DIRECTIONS.flatMap(({ device }) =>
    sharing === 'fair'
      ? [
          `qdisc add dev ${device} root handle 1: htb`,
          `class add dev ${device} parent 1: classid 1:1 htb ${htbRate(uplinkBitsPerSecond, uplinkBitsPerSecond)}`,
        ]
      : [`qdisc add dev ${device} root ${tbf(uplinkBitsPerSecond, UPLINK_QUEUE_MS)}`],
  )
}

/**
 * In a host's namespace: what new sandboxes need.
 *
 * @param known - indices that have had a class before; their guarantees shrink to make room. A class stays when its sandbox goes:
 *   what nobody uses is shared by the others anyway
 */
export function sandboxShaping(settings: Settings, added: readonly SandboxPlace[], known: ReadonlySet<number>): string[] {
  const { sharing, uplinkBitsPerSecond, capBitsPerSecond } = settings
  if (sharing === 'capped' && capBitsPerSecond !== undefined) {
    return added.map(({ index }) => `qdisc add dev ${portOf(index)} root ${tbf(capBitsPerSecond, CAP_QUEUE_MS)}`)
  }
  if (sharing !== 'fair' || uplinkBitsPerSecond === undefined) return []
  const fresh = added.filter(({ index }) => !known.has(index))
  const classes = [...known, ...fresh.map(({ index }) => index)]
  const share = uplinkBitsPerSecond / classes.length
  return DIRECTIONS.flatMap(({ device, match }) => [
    ...classes.map(
      (index) => `class replace dev ${device} parent 1:1 classid ${classOf(index)} htb ${htbRate(share, uplinkBitsPerSecond)}`,
    ),
    ...fresh.flatMap(({ host, index }) => [
      `qdisc add dev ${device} parent ${classOf(index)} bfifo limit ${queueBytes(uplinkBitsPerSecond)}`,
      `filter add dev ${device} parent 1: protocol ip prio 1 u32 match ip ${match} ${sandboxAddress(host, index)}/32 flowid ${classOf(index)}`,
    ]),
  ])
}

/** In the sandbox's own namespace: its cap on uploads. */
export function ownShaping({ sharing, capBitsPerSecond }: Settings): string[] {
  return sharing === 'capped' && capBitsPerSecond !== undefined ? [`qdisc add dev eth0 root ${tbf(capBitsPerSecond, CAP_QUEUE_MS)}`] : []
}

function tbf(bitsPerSecond: number, queueMs: number): string {
  return `tbf rate ${Math.round(bitsPerSecond)}bit burst ${burstBytes(bitsPerSecond)} latency ${queueMs}ms`
}

function htbRate(bitsPerSecond: number, ceiling: number): string {
  const burst = `burst ${burstBytes(bitsPerSecond)} cburst ${burstBytes(ceiling)}`
  return `rate ${Math.floor(bitsPerSecond)}bit ceil ${Math.round(ceiling)}bit ${burst} quantum ${QUANTUM_BYTES}`
}

const burstBytes = (bitsPerSecond: number): number => Math.round(Math.max(MIN_BURST_BYTES, (bitsPerSecond / 8) * BURST_SECONDS))
const queueBytes = (bitsPerSecond: number): number => Math.max(MIN_QUEUE_BYTES, burstBytes(bitsPerSecond))
const classOf = (index: number): string => `1:${(FIRST_CLASS + index).toString(16)}`

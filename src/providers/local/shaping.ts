import { sandboxAddress } from './addresses.ts'
import { DEFAULT_QUEUE_MS, type Settings } from './options.ts'
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
/** How long the queue of a function's own limit is, without its bucket. */
const OWN_QUEUE_MS = 20
/** The uplink's queue has room for two super-packets at any rate: with less, TCP could not keep the uplink busy. */
const MIN_QUEUE_BYTES = 2 * 65_536
/**
 * A function's own share, under `fair` and `capped`, is a small part of an uplink: with packets of 64 kB a single loss would hold up a
 * tenth of a second of data. So packets are smaller there, and queue and bucket with them.
 */
const OWN_PACKET_BYTES = 16_384
const OWN_BURST_BYTES = 20_000
const OWN_QUEUE_BYTES = 3 * OWN_PACKET_BYTES
/** Bytes a class sends in its turn when classes share what others leave. */
const QUANTUM_BYTES = 60_000
/** Class 1:1 is the uplink; those of the sandboxes begin at 1:10 (numbers are hexadecimal). */
const FIRST_CLASS = 0x10

/** For `ip link set` at every sender of bulk: how large the packets may be that it hands to the network. */
export function packetLimit({ sharing }: Settings): string {
  return sharing === 'fair' || sharing === 'capped' ? ` gso_max_size ${OWN_PACKET_BYTES}` : ''
}

/** Qdiscs and classifiers that a policy needs of the kernel. */
export function shapersOf(sharing: Settings['sharing']): readonly ('tbf' | 'htb')[] {
  return sharing === 'none' ? [] : sharing === 'fair' ? ['htb'] : ['tbf']
}

/** What a full queue of the uplink holds, in bytes of Ethernet frames; undefined where functions do not share one queue. */
function queueBytes({ sharing, uplinkBitsPerSecond, queueMs = DEFAULT_QUEUE_MS }: Settings): number | undefined {
  if ((sharing !== 'fifo' && sharing !== 'capped') || uplinkBitsPerSecond === undefined) return undefined
  return Math.round(Math.max(MIN_QUEUE_BYTES, ((uplinkBitsPerSecond / 8) * queueMs) / 1000))
}

/** How long a full queue of the uplink really takes to drain, in milliseconds: more than was asked for where the rate is low. */
export function uplinkQueueMs(settings: Settings): number | undefined {
  const bytes = queueBytes(settings)
  return bytes === undefined || settings.uplinkBitsPerSecond === undefined ? undefined : (bytes * 8000) / settings.uplinkBitsPerSecond
}

/** In a host's namespace: the uplink, before there is any sandbox. */
export function uplinkShaping(settings: Settings): string[] {
  const { sharing, uplinkBitsPerSecond } = settings
  if (sharing === 'none' || uplinkBitsPerSecond === undefined) return []
  return DIRECTIONS.flatMap(({ device }) =>
    sharing === 'fair'
      ? [
          `qdisc add dev ${device} root handle 1: htb`,
          `class add dev ${device} parent 1: classid 1:1 htb ${htbRate(uplinkBitsPerSecond, uplinkBitsPerSecond, MIN_BURST_BYTES)}`,
        ]
      : [`qdisc add dev ${device} root ${tbf(uplinkBitsPerSecond)} limit ${queueBytes(settings)}`],
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
    return added.map(({ index }) => `qdisc add dev ${portOf(index)} root ${tbf(capBitsPerSecond)} latency ${OWN_QUEUE_MS}ms`)
  }
  if (sharing !== 'fair' || uplinkBitsPerSecond === undefined) return []
  const fresh = added.filter(({ index }) => !known.has(index))
  const classes = [...known, ...fresh.map(({ index }) => index)]
  const share = uplinkBitsPerSecond / classes.length
  return DIRECTIONS.flatMap(({ device, match }) => [
    ...classes.map(
      (index) =>
        `class replace dev ${device} parent 1:1 classid ${classOf(index)} htb ${htbRate(share, uplinkBitsPerSecond, OWN_BURST_BYTES)}`,
    ),
    ...fresh.flatMap(({ host, index }) => [
      `qdisc add dev ${device} parent ${classOf(index)} bfifo limit ${OWN_QUEUE_BYTES}`,
      `filter add dev ${device} parent 1: protocol ip prio 1 u32 match ip ${match} ${sandboxAddress(host, index)}/32 flowid ${classOf(index)}`,
    ]),
  ])
}

/** In the sandbox's own namespace: its cap on uploads. */
export function ownShaping({ sharing, capBitsPerSecond }: Settings): string[] {
  return sharing === 'capped' && capBitsPerSecond !== undefined
    ? [`qdisc add dev eth0 root ${tbf(capBitsPerSecond)} latency ${OWN_QUEUE_MS}ms`]
    : []
}

function tbf(bitsPerSecond: number): string {
  return `tbf rate ${Math.round(bitsPerSecond)}bit burst ${burstBytes(bitsPerSecond, MIN_BURST_BYTES)}`
}

function htbRate(bitsPerSecond: number, ceiling: number, leastBurst: number): string {
  const burst = `burst ${burstBytes(bitsPerSecond, leastBurst)} cburst ${burstBytes(ceiling, MIN_BURST_BYTES)}`
  return `rate ${Math.floor(bitsPerSecond)}bit ceil ${Math.round(ceiling)}bit ${burst} quantum ${QUANTUM_BYTES}`
}

const burstBytes = (bitsPerSecond: number, least: number): number => Math.round(Math.max(least, (bitsPerSecond / 8) * BURST_SECONDS))
const classOf = (index: number): string => `1:${(FIRST_CLASS + index).toString(16)}`

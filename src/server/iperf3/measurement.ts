import { monotonicNow } from '../../model/units.ts'
import { streamId } from '../../probes/iperf3/wire.ts'
import type { SocketHandle } from '../socket-handle.ts'
import type { TargetClock } from '../target-clock.ts'
import type { Traffic } from '../traffic.ts'
import type { Agreement } from './agreement.ts'
import { IntervalSeries } from './interval-series.ts'
import type { Measured } from './measured.ts'
import { ReceivingStream } from './receiving-stream.ts'
import { SendingStream } from './sending-stream.ts'

/** The last bytes of a test are waited for until none has come for so long. */
const DRAIN_IDLE_MS = 300
const DRAIN_POLL_MS = 10

/** The streams of one test while bytes move: starts, counts, omits, stops. */
export class Measurement {
  readonly #streams: readonly (SendingStream | ReceivingStream)[]
  readonly #agreement: Agreement
  readonly #clock: TargetClock
  #series: IntervalSeries
  /** Bytes of each stream that do not count: before the start, and in the omitted part. */
  #omitted: readonly number[] = []
  #startedAt: number = monotonicNow()
  #stoppedAt: number | undefined
  #counts: readonly number[] = []
  #cpu = process.cpuUsage()
  readonly #timers: NodeJS.Timeout[] = []

  constructor(handles: readonly SocketHandle[], agreement: Agreement, around: { clock: TargetClock; traffic: Traffic }) {
    this.#agreement = agreement
    this.#streams = handles.map((handle, index) =>
      // In both directions at once, a client first opens the streams that it sends on.
      agreement.mode === 'download' || (agreement.mode === 'both' && index >= agreement.parallel)
        ? new SendingStream(handle, around.traffic, agreement.bitsPerSecond)
        : new ReceivingStream(handle, around.traffic),
    )
    this.#clock = around.clock
    this.#series = this.#newSeries()
  }

  /** Bytes of all streams so far, the omitted ones too. */
  total(): number {
    return this.#sum(() => true)
  }

  /** Begins to send and to count. Resolves only if more than `limitBytes` are moved. */
  start(limitBytes: number): Promise<void> {
    this.#startedAt = monotonicNow()
    this.#cpu = process.cpuUsage()
    this.#series = this.#newSeries()
    this.#omitted = this.#streams.map((stream) => stream.bytes)
    for (const stream of this.#streams) stream.start()
    if (this.#agreement.omitSeconds > 0) this.#timers.push(setTimeout(() => this.#omit(), 1000 * this.#agreement.omitSeconds))
    return new Promise((resolve) => {
      const tick = (): void => {
        this.#series.mark()
        if (this.total() > limitBytes) resolve()
      }
      this.#timers.push(setInterval(tick, this.#agreement.intervalMs))
    })
  }

  /** Counts no further byte. Idempotent. */
  stop(): void {
    if (this.#stoppedAt !== undefined) return
    this.#stoppedAt = monotonicNow()
    this.#counts = this.#streams.map((stream) => stream.bytes)
    this.#series.mark()
    for (const timer of this.#timers) clearTimeout(timer)
  }

  /** Sends no further byte; what the client sends still counts. */
  stopSending(): void {
    for (const stream of this.#streams) if (stream.sender) stream.close()
  }

  /** Waits until all that the client has sent is here, or nothing more comes; then stops. */
  async drain(sent: ReadonlyMap<number, number>): Promise<void> {
    const missing = (): boolean =>
      this.#streams.some((stream, i) => !stream.sender && stream.bytes - (this.#omitted[i] ?? 0) < (sent.get(streamId(i)) ?? 0))
    let last = this.total()
    let lastAt = monotonicNow()
    while (missing() && monotonicNow() - lastAt < DRAIN_IDLE_MS && this.#stoppedAt === undefined) {
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
      if (this.total() === last) continue
      last = this.total()
      lastAt = monotonicNow()
    }
    this.stop()
  }

  /** What was measured until the stop. */
  result(): Measured {
    this.stop()
    const elapsedMs = Math.max((this.#stoppedAt ?? 0) - this.#startedAt, 1e-3)
    const cpu = process.cpuUsage(this.#cpu)
    const percent = (microseconds: number): number => microseconds / 10 / elapsedMs
    return {
      streams: this.#streams.map(({ sender }, i) => ({
        id: streamId(i),
        sender,
        bytes: (this.#counts[i] ?? 0) - (this.#omitted[i] ?? 0),
      })),
      seconds: elapsedMs / 1000,
      cpu: { totalPercent: percent(cpu.user + cpu.system), userPercent: percent(cpu.user), systemPercent: percent(cpu.system) },
      intervals: this.#series.entries,
    }
  }

  /** Stops and closes all connections. Idempotent. */
  close(): void {
    this.stop()
    for (const stream of this.#streams) stream.close()
  }

  #omit(): void {
    this.#omitted = this.#streams.map((stream) => stream.bytes)
    this.#startedAt = monotonicNow()
    this.#cpu = process.cpuUsage()
  }

  /** Bytes that arrive, on the target's clock, from now on. */
  #newSeries(): IntervalSeries {
    return new IntervalSeries(this.#clock, () => this.#sum((stream) => !stream.sender))
  }

  #sum(counts: (stream: SendingStream | ReceivingStream) => boolean): number {
    let sum = 0
    for (const stream of this.#streams) if (counts(stream)) sum += stream.bytes
    return sum
  }
}

import { State } from '../../probes/iperf3/wire.ts'
import type { TargetLimits } from '../limits.ts'
import type { SocketHandle } from '../socket-handle.ts'
import type { TargetClock } from '../target-clock.ts'
import type { Admission } from '../token.ts'
import type { Traffic } from '../traffic.ts'
import { type Agreement, agree } from './agreement.ts'
import { ControlChannel } from './control-channel.ts'
import { DataStreams } from './data-streams.ts'
import { resultsMessage } from './measured.ts'
import { Measurement } from './measurement.ts'
import { IperfError, Refusal } from './refusal.ts'
import { serverOutput } from './server-output.ts'

/** What a test shares with all others of its process. */
export interface TestSurroundings {
  readonly limits: TargetLimits
  readonly admits: Admission
  readonly clock: TargetClock
  readonly traffic: Traffic
}

const MAX_PARAMETER_BYTES = 8 * 1024
const MAX_RESULT_BYTES = 1 << 19

/** One test of one client, from its control connection to its end. Never throws: whatever goes wrong ends this test only. */
export class TestSession {
  readonly #control: ControlChannel
  readonly #surroundings: TestSurroundings
  readonly #agreed: () => void
  readonly #data = new DataStreams()
  #measurement: Measurement | undefined

  /** @param agreed - called when the parameters are accepted */
  constructor(handle: SocketHandle, surroundings: TestSurroundings, agreed: () => void) {
    this.#control = new ControlChannel(handle)
    this.#surroundings = surroundings
    this.#agreed = agreed
  }

  /** A data connection of this test; `order` is that of acceptance. */
  addStream(handle: SocketHandle, order: number): void {
    this.#data.add(handle, order)
  }

  /** Bytes moved so far, both ways. */
  get bytes(): number {
    return this.#measurement?.total() ?? 0
  }

  /** Resolves when the test is over, however it ended, and nothing of it is left. */
  async run(): Promise<void> {
    try {
      await this.#converse()
    } catch (error) {
      if (error instanceof Refusal) this.#control.refuse(error)
      else this.#control.close()
    } finally {
      this.#measurement?.close()
      this.#data.close()
    }
  }

  /** Ends the test and tells the client why. */
  refuse(refusal: Refusal): void {
    this.#control.refuse(refusal)
    this.#measurement?.close()
  }

  /** Ends the test without a word. */
  drop(): void {
    this.#control.close()
  }

  /** Ends the test because the target ends. */
  terminate(): void {
    this.#control.sendState(State.serverTerminate)
    this.#control.close()
  }

  async #converse(): Promise<void> {
    const { limits, admits } = this.#surroundings
    const control = this.#control
    control.sendState(State.paramExchange)
    const agreement = agree(await control.receiveJson(MAX_PARAMETER_BYTES, limits.waitMs), limits, admits)
    this.#agreed()
    const arrived = this.#data.expect(agreement.parallel * (agreement.mode === 'both' ? 2 : 1))
    control.sendState(State.createStreams)
    const handles = await control.whileOpen(arrived, limits.streamWaitMs)
    const measurement = new Measurement(handles, agreement, this.#surroundings)
    this.#measurement = measurement
    control.sendState(State.testStart)
    if (agreement.hold && (await control.receiveState(limits.streamWaitMs)) !== State.testRunning) return control.close()
    await this.#measure(measurement, agreement)
  }

  async #measure(measurement: Measurement, agreement: Agreement): Promise<void> {
    const { limits } = this.#surroundings
    const control = this.#control
    control.sendState(State.testRunning)
    const over = measurement.start(limits.bytes).then(() => Promise.reject(new Refusal(IperfError.totalRate)))
    const longest = 1000 * (agreement.omitSeconds + (agreement.seconds || limits.seconds)) + limits.waitMs
    const state = await Promise.race([control.receiveState(longest), over])
    if (state !== State.testEnd) return control.close()

    // A client that moves a number of bytes ends when it has sent them: the last ones are still on their way.
    const exact = agreement.seconds === 0
    if (!exact) {
      // What arrived together with the end still counts.
      await new Promise(setImmediate)
      measurement.stop()
    }
    measurement.stopSending()
    control.sendState(State.exchangeResults)
    const theirs = await control.receiveJson(MAX_RESULT_BYTES, limits.waitMs)
    if (exact) await control.whileOpen(measurement.drain(sentBytes(theirs)), limits.streamWaitMs)
    const measured = measurement.result()
    control.sendJson(resultsMessage(measured, agreement, serverOutput(control.peer, agreement, measured)))
    control.sendState(State.displayResults)
    await control.receiveState(limits.waitMs)
    control.close()
  }
}

/** What the client says that it has sent, by stream number. */
function sentBytes(results: Readonly<Record<string, unknown>>): ReadonlyMap<number, number> {
  const streams: unknown = results['streams']
  if (!Array.isArray(streams)) throw new Refusal(IperfError.results)
  const entries = streams.map((stream: unknown) => {
    const { id, bytes } = (stream ?? {}) as { id?: unknown; bytes?: unknown }
    return [Number(id), Number(bytes)] as const
  })
  return new Map(entries)
}

import type { TcpStream } from '../../model/capabilities.ts'
import { MeasurementError, NetfairError } from '../../model/errors.ts'
import { serverError } from './server-error.ts'
import { encodeMessage, messageLength, State } from './wire.ts'

/** The series of an hour, 36 000 intervals of 100 ms, takes about 2 MB. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

/** The client's end of the control connection: states and messages, with a deadline on each wait and plain errors. */
export class ControlConnection {
  readonly #stream: TcpStream
  readonly #address: string
  readonly #stepTimeoutMs: number
  #upcoming: Promise<State> | undefined

  constructor(stream: TcpStream, address: string, stepTimeoutMs: number) {
    this.#stream = stream
    this.#address = address
    this.#stepTimeoutMs = stepTimeoutMs
  }

  /** Waits for the next state, which must be this one. */
  async expect(state: State): Promise<void> {
    const received = await this.#within(this.upcoming(), `state ${state}`)
    this.#upcoming = undefined
    if (received !== state) throw this.#protocolError(`state ${received} where ${state} is due`)
  }

  /** The state that the server sends next, without a deadline: also while bytes move. Rejects when the server ends the test. */
  upcoming(): Promise<State> {
    if (this.#upcoming === undefined) {
      this.#upcoming = this.#receiveState()
      this.#upcoming.catch(() => {})
    }
    return this.#upcoming
  }

  /** The next state, if it is here already. */
  arrived(): Promise<State | undefined> {
    return Promise.race([this.upcoming(), Promise.resolve(undefined)])
  }

  sendState(state: State): Promise<void> {
    return this.send(Uint8Array.of(state & 0xff))
  }

  sendMessage(value: unknown): Promise<void> {
    return this.send(encodeMessage(value))
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#within(this.#stream.send(bytes), 'reading what is sent')
  }

  async receiveMessage(): Promise<unknown> {
    const length = messageLength(await this.#within(this.#stream.receive(4), 'a message'))
    if (length > MAX_MESSAGE_BYTES) throw this.#protocolError(`a message of ${length} bytes; at most ${MAX_MESSAGE_BYTES} are read`)
    const text = new TextDecoder().decode(await this.#within(this.#stream.receive(length), 'the rest of a message'))
    try {
      return JSON.parse(text)
    } catch (cause) {
      throw this.#protocolError(`a message that is no JSON: ${text.slice(0, 40)}`, cause)
    }
  }

  close(): void {
    this.#stream.close()
  }

  async #receiveState(): Promise<State> {
    const bytes = await this.guard(this.#stream.receive(1))
    const state = new Int8Array(bytes)[0] as State
    if (state === State.accessDenied) throw this.#refused()
    if (state === State.serverError) throw serverError(await this.#within(this.#stream.receive(8), 'the error behind its state'))
    if (state === State.serverTerminate) throw this.gone('it was ended')
    return state
  }

  /** What is reported when the server goes away. */
  gone(reason: string, cause?: unknown): MeasurementError {
    return new MeasurementError('TARGET_GONE', `The iperf3 server ${this.#address} went away before the test was over: ${reason}.`, {
      hint: 'Check that the target is still running and look at its output.',
      cause,
    })
  }

  /** The same promise; a closed connection is reported as a target that is gone. */
  async guard<Value>(promise: Promise<Value>): Promise<Value> {
    try {
      return await promise
    } catch (error) {
      if (error instanceof NetfairError && error.code === 'CONNECTION_CLOSED') throw this.gone('it closed the connection', error)
      throw error
    }
  }

  async #within<Value>(promise: Promise<Value>, what: string): Promise<Value> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#silent(what)), this.#stepTimeoutMs)
    })
    try {
      return await Promise.race([this.guard(promise), late])
    } finally {
      clearTimeout(timer)
    }
  }

  #silent(what: string): MeasurementError {
    return new MeasurementError(
      'TARGET_SILENT',
      `The iperf3 server ${this.#address} did nothing for ${this.#stepTimeoutMs} ms; ${what} is due.`,
      {
        hint: 'Check that an iperf3 server listens there and that it is not overloaded.',
      },
    )
  }

  #refused(): MeasurementError {
    return new MeasurementError('TARGET_REFUSED', `The iperf3 server ${this.#address} refused the test (ACCESS_DENIED).`, {
      hint: 'A real iperf3 server is busy with another test; a netfair target was given a wrong token or none.',
    })
  }

  #protocolError(what: string, cause?: unknown): MeasurementError {
    return new MeasurementError('PROTOCOL_ERROR', `${this.#address} does not speak iperf3: it sent ${what}.`, {
      hint: 'Check that the address is that of an iperf3 server.',
      cause,
    })
  }
}

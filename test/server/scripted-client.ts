import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { cookieBytes, encodeCookie, encodeMessage, messageLength, type Results, State } from '../../src/probes/iperf3/wire.ts'

/** An iperf3 client in single steps, so that a test can leave any of them out or do it wrong. */
export class ScriptedClient implements Disposable {
  readonly cookie: string = encodeCookie(randomBytes(36))
  readonly control: Socket
  readonly streams: Socket[] = []
  readonly #address: string

  constructor(address: string) {
    this.#address = address
    this.control = this.#connect()
  }

  /** Sends the cookie and waits for the server's turn. */
  async introduce(): Promise<void> {
    this.control.write(cookieBytes(this.cookie))
    await this.expect(State.paramExchange)
  }

  /** Agrees on parameters. */
  async propose(parameters: Readonly<Record<string, unknown>>): Promise<void> {
    await this.introduce()
    this.control.write(encodeMessage({ tcp: true, omit: 0, time: 10, parallel: 1, len: 131072, ...parameters }))
  }

  /** Goes on until the test runs. */
  async begin(parameters: Readonly<Record<string, unknown>>, streams = 1): Promise<void> {
    await this.propose(parameters)
    await this.expect(State.createStreams)
    for (let i = 0; i < streams; i++) await this.openStream()
    await this.expect(State.testStart)
    await this.expect(State.testRunning)
  }

  async openStream(): Promise<Socket> {
    const socket = this.#connect()
    this.streams.push(socket)
    await once(socket, 'connect')
    socket.write(cookieBytes(this.cookie))
    return socket
  }

  /** Ends the test and exchanges results. */
  async finish(bytesSent: readonly number[] = []): Promise<Results> {
    this.control.write(Uint8Array.of(State.testEnd))
    await this.expect(State.exchangeResults)
    const streams = bytesSent.map((bytes, i) => ({ id: i === 0 ? 1 : i + 2, bytes, retransmits: 0, jitter: 0, errors: 0, packets: 0 }))
    this.control.write(encodeMessage({ cpu_util_total: 0, cpu_util_user: 0, cpu_util_system: 0, sender_has_retransmits: 0, streams }))
    const results = JSON.parse(Buffer.from(await this.read(messageLength(await this.read(4)))).toString()) as Results
    await this.expect(State.displayResults)
    this.control.write(Uint8Array.of(State.iperfDone))
    return results
  }

  async expect(state: number): Promise<void> {
    const got = (await this.read(1)).readInt8(0)
    if (got !== state) throw new Error(`expected state ${state}, got ${got}`)
  }

  /** iperf's error number after SERVER_ERROR, or `access-denied`. */
  async refusal(): Promise<number | 'access-denied'> {
    const state = (await this.read(1)).readInt8(0)
    if (state === State.accessDenied) return 'access-denied'
    if (state !== State.serverError) throw new Error(`expected a refusal, got state ${state}`)
    return (await this.read(8)).readInt32BE(0)
  }

  /** Resolves when the server has closed the control connection. */
  async closed(): Promise<void> {
    if (this.control.closed) return
    this.control.resume()
    await new Promise((resolve) => this.control.once('close', resolve))
  }

  async read(length: number): Promise<Buffer> {
    for (;;) {
      const bytes = this.control.read(length) as Buffer | null
      if (bytes !== null && bytes.length === length) return bytes
      if (this.control.readableEnded || this.control.destroyed) throw new Error('the server closed the connection')
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.control.off('readable', wake).off('close', wake)
          resolve()
        }
        this.control.once('readable', wake).once('close', wake)
      })
    }
  }

  [Symbol.dispose](): void {
    for (const socket of [this.control, ...this.streams]) socket.destroy()
  }

  #connect(): Socket {
    const [host = '', port = ''] = this.#address.split(':')
    return connect(Number(port), host).on('error', () => {})
  }
}

import type { Capabilities, TcpStream } from '../../model/capabilities.ts'
import { MeasurementError } from '../../model/errors.ts'
import type { Target } from '../../model/target.ts'
import { type CommonMs, commonMs } from '../../model/units.ts'
import type { Ping } from './round-trips.ts'

/** How long answers are waited for once the last ping is sent. */
const ANSWER_WAIT_MS = 2000
const FIRST_ANSWER_WAIT_MS = 10_000
const LONGEST_ANSWER_BYTES = 4096
const END = '\r\n\r\n'
const LINE_FEED = 10

type Unanswered = { sentAtMs: CommonMs; rttMs?: number }

/** Pings on their way. */
export interface Pinging {
  /** Settles like `work`, or rejects as soon as the connection breaks. */
  unlessBroken(work: Promise<unknown>): Promise<void>
  /** Sends no more, waits a moment for answers that are missing, and gives all that was sent. Rejects where the connection broke. */
  stop(): Promise<readonly Ping[]>
}

/**
 * A connection whose only work is to be answered: `GET /bytes?n=0` of the target, always the same request, always an answer of the same
 * length, so that nothing has to be parsed.
 */
export class EchoConnection {
  readonly #stream: TcpStream
  readonly #capabilities: Capabilities
  readonly #request: Uint8Array
  #answerBytes = 0

  private constructor(stream: TcpStream, capabilities: Capabilities, request: string) {
    this.#stream = stream
    this.#capabilities = capabilities
    this.#request = new TextEncoder().encode(request)
  }

  /** @throws MeasurementError `TARGET_UNREACHABLE`, `TARGET_REFUSED` (wrong token), `TARGET_SILENT`, `PROTOCOL_ERROR`, `TLS_UNSUPPORTED` */
  static async open({ http, token }: Target, capabilities: Capabilities): Promise<EchoConnection> {
    const { protocol, hostname, port, host } = new URL(http)
    if (protocol !== 'http:') throw encrypted(http)
    const request = ['GET /bytes?n=0 HTTP/1.1', `host: ${host}`, ...(token === undefined ? [] : [`authorization: Bearer ${token}`])]
    const stream = await capabilities.connect(`${hostname}:${port || 80}`)
    const echo = new EchoConnection(stream, capabilities, `${request.join('\r\n')}${END}`)
    try {
      await echo.#learn(http)
    } catch (error) {
      stream.close()
      throw error
    }
    return echo
  }

  /** Sends a ping every `intervalMs` from now on, on time also while others are unanswered. Ticks that the function slept through are left out. */
  ping(intervalMs: number): Pinging {
    const { now, until } = this.#capabilities
    const pings: Unanswered[] = []
    const broken = Promise.withResolvers<never>()
    const stopped = Promise.withResolvers<void>()
    broken.promise.catch(() => {})
    let active = true
    let last: Promise<void> = Promise.resolve()
    const send = async (): Promise<void> => {
      const startMs = now()
      for (let tick = 0; ; tick = Math.max(tick + 1, Math.ceil((now() - startMs) / intervalMs))) {
        await Promise.race([until(commonMs(startMs + tick * intervalMs)), stopped.promise])
        if (!active) return
        const ping: Unanswered = { sentAtMs: now() }
        pings.push(ping)
        last = this.#exchange(ping)
        last.catch(broken.reject)
      }
    }
    send().catch(broken.reject)
    return {
      unlessBroken: async (work) => void (await Promise.race([work, broken.promise])),
      stop: async () => {
        active = false
        stopped.resolve()
        await Promise.race([last, until(commonMs(now() + ANSWER_WAIT_MS)), broken.promise])
        return pings.map((ping) => ({ ...ping }))
      },
    }
  }

  close(): void {
    this.#stream.close()
  }

  async #exchange(ping: Unanswered): Promise<void> {
    const answer = this.#stream.receive(this.#answerBytes)
    const sent = this.#stream.send(this.#request)
    const bytes = await Promise.all([answer, sent]).then(([first]) => first)
    ping.rttMs = this.#capabilities.now() - ping.sentAtMs
    if (bytes.at(-3) !== LINE_FEED || bytes.at(-1) !== LINE_FEED) throw malformed()
  }

  /** The first answer tells the length of all others; nothing in it changes but the digits of its date. */
  async #learn(origin: string): Promise<void> {
    const { now, until } = this.#capabilities
    const silent = until(commonMs(now() + FIRST_ANSWER_WAIT_MS)).then(() => Promise.reject(silence(origin)))
    silent.catch(() => {})
    await this.#stream.send(this.#request)
    let answer = ''
    while (!answer.endsWith(END)) {
      const [byte = 0] = await Promise.race([this.#stream.receive(1), silent])
      answer += String.fromCharCode(byte)
      if (answer.length > LONGEST_ANSWER_BYTES) throw malformed()
    }
    if (/^HTTP\/1\.1 40[13] /.test(answer)) throw refused(origin)
    if (!/^HTTP\/1\.1 200 .*\r\ncontent-length: 0\r\n/is.test(answer)) throw malformed()
    this.#answerBytes = answer.length
  }
}

function encrypted(origin: string): MeasurementError {
  return new MeasurementError('TLS_UNSUPPORTED', `Pings go over plain TCP, but the target is ${origin}.`, {
    hint: 'Give the target with an http: address.',
  })
}

function refused(origin: string): MeasurementError {
  return new MeasurementError('TARGET_REFUSED', `${origin} refused the ping: the target's token is missing or wrong.`, {
    hint: 'Give the token that `netfair serve` printed as `token` of the target.',
  })
}

function silence(origin: string): MeasurementError {
  return new MeasurementError('TARGET_SILENT', `${origin} did not answer within ${FIRST_ANSWER_WAIT_MS} ms.`, {
    hint: 'See whether the target is overloaded or the path to it is blocked.',
  })
}

function malformed(): MeasurementError {
  return new MeasurementError('PROTOCOL_ERROR', "The answer to a ping is not that of netfair's target.", {
    hint: 'Check that the HTTP address of the target is that of `netfair serve`, and that no proxy is in between.',
  })
}

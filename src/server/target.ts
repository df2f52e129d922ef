import { randomBytes } from 'node:crypto'
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { InputError, MeasurementError } from '../model/errors.ts'
import { checkOptions, type OptionsSchema } from '../model/options.ts'
import type { Target } from '../model/target.ts'
import { Dispatcher } from './dispatcher.ts'
import { health } from './health.ts'
import { limitsSchema, type TargetLimits } from './limits.ts'
import { guardRate } from './rate-guard.ts'
import { Rounds } from './rounds.ts'
import { clockOffset, targetClock } from './target-clock.ts'
import { WorkerPool } from './worker-pool.ts'

/** How to start a target. */
export interface TargetOptions {
  /** Address to listen on. Default 127.0.0.1: only this machine reaches it. */
  readonly host?: string
  /** Port of the iperf3 end, 0–65535; 0 picks a free one. Default 5201. */
  readonly port?: number
  /** Port of the HTTP end, 0–65535; 0 picks a free one. Default 5202. */
  readonly httpPort?: number
  /** What clients must show. Default: a random one. */
  readonly token?: string
  /** Serve everyone, without a token. Beyond loopback this makes a traffic generator for whoever reaches it. Default false. */
  readonly open?: boolean
  /** Path of a Unix socket that serves the same HTTP. Default: none. */
  readonly control?: string
  /** Processes that move bytes. Default: one a core. */
  readonly processes?: number
  readonly limits?: Partial<TargetLimits>
}

/** A target that listens. */
export interface StartedTarget {
  readonly target: Target
  /** Path of the Unix socket, where one was asked for. */
  readonly control?: string
  /** Ends all tests, processes and sockets; resolves when nothing is left. Idempotent. */
  dispose(): Promise<void>
}

type CompleteOptions = Required<Omit<TargetOptions, 'token' | 'control' | 'limits'>> & {
  readonly token?: string
  readonly control?: string
  readonly limits: TargetLimits
}

const schema: OptionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    host: { type: 'string', minLength: 1, default: '127.0.0.1', description: 'Address to listen on. Default 127.0.0.1.' },
    port: {
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      default: 5201,
      description: 'Port of the iperf3 end; 0 picks a free one. Default 5201.',
    },
    httpPort: {
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      default: 5202,
      description: 'Port of the HTTP end; 0 picks a free one. Default 5202.',
    },
    token: {
      type: 'string',
      pattern: '^[\\x21-\\x7e]{1,256}$',
      description: '1 to 256 printable ASCII characters without spaces. Default: random.',
    },
    open: { type: 'boolean', default: false, description: 'Serve everyone, without a token. Default false.' },
    control: { type: 'string', minLength: 1, maxLength: 107, description: 'Path of a Unix socket, at most 107 characters.' },
    processes: {
      type: 'integer',
      minimum: 1,
      maximum: 256,
      default: availableParallelism(),
      description: 'Processes. Default: one a core.',
    },
    limits: limitsSchema,
  },
}

/**
 * Starts netfair's server: an iperf3 end and an HTTP end, one process a core.
 *
 * Listens on loopback unless told otherwise, and wants a token unless `open`. This process only accepts connections.
 * @throws InputError for options that cannot be used
 * @throws MeasurementError `PORT_IN_USE`, `LISTEN_FAILED`, `WORKER_DIED`
 */
export async function startTarget(options: TargetOptions = {}): Promise<StartedTarget> {
  const checked = checkOptions<CompleteOptions>('target', { ...options, limits: { ...options.limits } }, schema)
  if (checked.open && checked.token !== undefined) {
    throw new InputError('INVALID_OPTION', 'target: "open" and "token" cannot go together.', { hint: 'Leave one of them out.' })
  }
  const token = checked.open ? undefined : (checked.token ?? randomBytes(24).toString('base64url'))
  const clockOffsetMs = clockOffset()
  const clock = targetClock(clockOffsetMs)
  const rounds = new Rounds(clock)
  const pool = new WorkerPool(
    { clockOffsetMs, limits: checked.limits, ...(token !== undefined && { token }) },
    async (question, signal) => {
      if (question.about === 'health') return { status: 200, body: await health(pool, clock) }
      return question.about === 'ready'
        ? rounds.ready(question.round, question.request, signal)
        : rounds.next(question.round, question.request)
    },
  )
  const dispatcher = new Dispatcher(pool, checked.limits)
  const servers: Server[] = []
  const ends: (() => void)[] = []

  const close = async (): Promise<void> => {
    for (const end of ends) end()
    for (const server of servers) server.close()
    dispatcher.close()
    rounds.close()
    await pool.close()
  }
  try {
    const { host } = checked
    const iperf3 = await listen(servers, { host, port: checked.port }, (socket) => void dispatcher.iperf3(socket))
    const http = await listen(servers, { host, port: checked.httpPort }, (socket) => dispatcher.http(socket))
    if (checked.control !== undefined) await listen(servers, { path: checked.control }, (socket) => dispatcher.http(socket))
    await pool.start(checked.processes)
    if (checked.limits.bitsPerSecond !== undefined) ends.push(guardRate(pool, checked.limits.bitsPerSecond))
    let closing: Promise<void> | undefined
    return {
      target: { iperf3: `${inUrl(host)}:${iperf3}`, http: `http://${inUrl(host)}:${http}`, ...(token !== undefined && { token }) },
      ...(checked.control !== undefined && { control: checked.control }),
      dispose: () => (closing ??= close()),
    }
  } catch (error) {
    await close()
    throw error
  }
}

const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)

/** Listens without reading anything, and says on which port. */
function listen(servers: Server[], where: ListenOptions, accept: (socket: Socket) => void): Promise<number> {
  const server = createServer({ pauseOnConnect: true }, accept)
  return new Promise((resolve, reject) => {
    // Stays: an accept may fail later, for example without a free file descriptor, and the next one succeed.
    server.on('error', (error: NodeJS.ErrnoException) => reject(listenError(error, where)))
    server.listen({ ...where, backlog: 1024 }, () => {
      servers.push(server)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
}

function listenError(error: NodeJS.ErrnoException, { host, port, path }: ListenOptions): MeasurementError {
  if (error.code === 'EADDRINUSE' && port !== undefined) {
    const hint = 'Choose another port, or 0 for a free one.'
    return new MeasurementError('PORT_IN_USE', `Port ${port} on ${host} is in use by another program.`, { hint, cause: error })
  }
  const place = path ?? `${host}:${port}`
  return new MeasurementError('LISTEN_FAILED', `Cannot listen on ${place}: ${error.message}.`, {
    hint: 'Check address, port and permissions.',
    cause: error,
  })
}

import { connect, isIP, type OnReadOpts, type Socket } from 'node:net'
import { MeasurementError } from '../model/errors.ts'

export interface SocketOptions {
  /** Ends the attempt. */
  readonly signal: AbortSignal
  /** How long it may take, with the TLS handshake. Default: as the signal says. */
  readonly timeoutMs?: number
  /** Certificates of the authorities to trust instead of the known ones, PEM. */
  readonly ca?: string
  /** Where bytes are read to. Default: `data` events. */
  readonly onread?: OnReadOpts
  /** The TCP handshake is over. */
  readonly onConnect?: () => void
}

/**
 * Opens a connection to an origin, with TLS where its scheme is `https`. Later errors end in `close`.
 * @throws MeasurementError `TARGET_UNREACHABLE`, `TLS_FAILED`
 */
export async function openSocket(url: URL, { signal, timeoutMs, ca, onread, onConnect }: SocketOptions): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const secure = url.protocol === 'https:'
  const port = Number(url.port || (secure ? 443 : 80))
  const shared = { host, port, ...(onread !== undefined && { onread }) }
  const name = isIP(host) === 0 ? { servername: host } : {}
  const socket = secure
    ? (await import('node:tls')).connect({ ...shared, ...name, ALPNProtocols: ['http/1.1'], ...(ca !== undefined && { ca }) })
    : connect({ ...shared, noDelay: true })
  socket.setNoDelay(true)
  let connected = false
  socket.once('connect', () => {
    connected = true
    onConnect?.()
  })
  const abort = () => socket.destroy()
  const timedOut = () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`))
  const timer = timeoutMs === undefined ? undefined : setTimeout(timedOut, timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(secure ? 'secureConnect' : 'connect', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('closed')))
    })
    socket.on('error', () => {})
    return socket
  } catch (cause) {
    socket.destroy()
    throw connected ? tlsFailed(url, reasonOf(cause), cause) : unreachable(url, reasonOf(cause), cause)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

const reasonOf = (cause: unknown): string =>
  cause instanceof Error && cause.message !== '' ? cause.message : String((cause as { code?: unknown }).code)

function unreachable({ origin }: URL, reason: string, cause: unknown): MeasurementError {
  return new MeasurementError('TARGET_UNREACHABLE', `No connection to ${origin}: ${reason}.`, {
    hint: 'Check that the target runs and that the function can reach it.',
    cause,
  })
}

function tlsFailed({ origin }: URL, reason: string, cause: unknown): MeasurementError {
  return new MeasurementError('TLS_FAILED', `No secure connection to ${origin}: ${reason}.`, {
    hint: "Check the server's certificate; give that of a private authority as `ca`.",
    cause,
  })
}

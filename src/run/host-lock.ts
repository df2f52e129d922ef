import { unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MeasurementError } from '../model/errors.ts'

export interface HostLockOptions {
  /** How long to wait for the run that holds it, in milliseconds. Default 600,000. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Called once when another run holds it. */
  readonly onWaiting?: (holder: string) => void
  /** Name of the lock. Default: the environment variable `NETFAIR_HOST_LOCK`, else `netfair-host`; a test takes its own. */
  readonly name?: string
}

/** Held until released; the system releases it when the process ends in any way. */
export interface HostLock {
  release(): Promise<void>
}

/**
 * Takes the host-wide lock: local rounds of two runs at once would measure each other.
 *
 * The lock is a listening socket (on Linux one without a file), so that it cannot go stale: whoever cannot listen connects to the
 * holder, is told who that is, and notices at once when it ends.
 *
 * @throws MeasurementError `HOST_BUSY` after `timeoutMs`, with the holder's process id; the signal's reason when aborted
 */
export async function takeHostLock(options: HostLockOptions = {}): Promise<HostLock> {
  const { timeoutMs = 600_000, signal, onWaiting, name = process.env['NETFAIR_HOST_LOCK'] ?? 'netfair-host' } = options
  const path = pathOf(name)
  const timeout = AbortSignal.timeout(timeoutMs)
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  let holder: string | undefined
  for (;;) {
    signal?.throwIfAborted()
    const server = await listen(path)
    if (server !== undefined) return { release: () => close(server) }
    if (timeout.aborted) throw busy(holder, timeoutMs)
    await waitForHolder(path, either, (who) => {
      if (holder === undefined) onWaiting?.(who)
      holder = who
    })
  }
}

/** Linux and Windows have names without a file, the same for all users. */
function pathOf(name: string): string {
  if (process.platform === 'linux') return `\0${name}`
  return process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.lock`)
}

function busy(holder: string | undefined, timeoutMs: number): MeasurementError {
  return new MeasurementError('HOST_BUSY', `Another netfair run (${holder ?? 'unknown process'}) has held this host for ${timeoutMs} ms.`, {
    hint: 'Wait for it, end it, or raise "lockTimeoutMs". Two local runs at once would measure each other.',
  })
}

const waiting = new WeakMap<Server, Set<import('node:net').Socket>>()

function listen(path: string): Promise<Server | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Server | undefined>()
  const sockets = new Set<import('node:net').Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => sockets.delete(socket)).on('close', () => sockets.delete(socket))
    socket.unref().write(`process ${process.pid}\n`)
  })
  waiting.set(server, sockets)
  server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
  server.listen(path, () => resolve(server.unref()))
  return promise
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  for (const socket of waiting.get(server) ?? []) socket.destroy()
  return promise
}

/** Resolves when the holder lets go, or when the signal fires. */
function waitForHolder(path: string, signal: AbortSignal, onHolder: (holder: string) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const socket = createConnection(path)
  const stop = () => socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  socket.setEncoding('utf8').on('data', (text: string) => onHolder(text.trim()))
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // A file without a listener: its owner was killed. Only where sockets are files.
    if (error.code === 'ECONNREFUSED' && path.endsWith('.lock')) void unlink(path).catch(() => undefined)
  })
  socket.on('close', () => {
    signal.removeEventListener('abort', stop)
    resolve()
  })
  return promise
}

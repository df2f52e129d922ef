import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly child: ChildProcess
  /** What it has said, for whoever looks into a failure. */
  said(): string
  /** Ends it, by force where it does not end by itself. */
  stop(): Promise<void>
}

const PATIENCE_MS = 60_000
const END_MS = 3_000

export function startServer(program: string, args: readonly string[], options: SpawnOptions = {}): ServerProcess {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  let said = ''
  const hear = (text: Buffer): void => {
    said = (said + text).slice(-20_000)
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  return {
    child,
    said: () => said,
    async stop() {
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), END_MS)
      await ended
      clearTimeout(force)
    },
  }
}

/** Waits until the port takes connections. */
export async function listening(host: string, port: number, server: ServerProcess): Promise<void> {
  await until(server, async () => {
    const socket = connect(port, host)
    try {
      await once(socket, 'connect')
      return true
    } catch {
      return false
    } finally {
      socket.destroy()
    }
  })
}

/** Asks again and again, as long as the server lives. */
export async function until(server: ServerProcess, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (server.child.exitCode !== null || Date.now() > deadline)
      throw new Error(`${server.child.spawnfile} did not start:\n${server.said()}`)
    await sleep(50)
  }
}

/** Free a moment ago: these servers cannot choose one themselves. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

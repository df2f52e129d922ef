import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'

interface Sum {
  readonly bytes: number
  readonly seconds: number
  readonly bits_per_second: number
}

/** What `iperf3 -s -1 -J` prints when its test is over. */
export interface ServerReport {
  readonly error?: string
  readonly title?: string
  readonly start: { readonly test_start: Readonly<Record<string, number | string>>; readonly cookie: string }
  readonly end: Readonly<Record<'sum_sent' | 'sum_received' | 'sum_sent_bidir_reverse' | 'sum_received_bidir_reverse', Sum>>
}

/** A real `iperf3 -s -1 -J`: serves one test, prints its report, ends. */
export interface RealServer extends AsyncDisposable {
  readonly address: string
  readonly process: ChildProcess
  /** Waits for its end. */
  report(): Promise<{ readonly exitCode: number | null; readonly report: ServerReport }>
}

const HOST = '127.0.0.1'

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Starts a server that listens when this returns: iperf3 tells nobody in `-J` mode, so its socket is looked for. */
export async function realServer(
  wrap: (command: readonly string[]) => readonly [string, ...string[]] = (command) => ['env', ...command],
  host: string = HOST,
): Promise<RealServer> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const [program, ...args] = wrap(['iperf3', '-s', '-1', '-J', '-p', String(port)])
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    const output = collect(child)
    const closed = once(child, 'close')
    const server: RealServer = {
      address: `${host}:${port}`,
      process: child,
      async report() {
        await closed
        return { exitCode: child.exitCode, report: JSON.parse(output()) as ServerReport }
      },
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL')
        await closed
      },
    }
    if (await listens(child, port)) return server
    await server[Symbol.asyncDispose]()
    if (attempt === 5) throw new Error('iperf3 -s does not listen')
  }
}

function collect({ stdout }: ChildProcess): () => string {
  const chunks: string[] = []
  stdout?.setEncoding('utf8').on('data', (text: string) => chunks.push(text))
  return () => chunks.join('')
}

/** Without connecting, which would be its one test. */
async function listens(child: ChildProcess, port: number): Promise<boolean> {
  const { readFile } = await import('node:fs/promises')
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  const isListening = (line: string): boolean => line.includes(wanted) && / 0A /.test(line)
  for (const deadline = performance.now() + 5000; performance.now() < deadline && child.exitCode === null; ) {
    const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${child.pid}/net/${name}`, 'utf8').catch(() => '')))
    if (tables.some((table) => table.split('\n').some(isListening))) return true
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return false
}

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { bundleAgent } from '../../scripts/bundle-agent.ts'
import type { AgentConfig, AgentMessage, AgentReply, Task } from '../../src/model/task.ts'

/** The real bundle, in a folder of its own. */
export interface Bundle extends AsyncDisposable {
  readonly path: string
  readonly bytes: number
}

export async function buildBundle(): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'netfair-agent-'))
  const path = join(folder, 'local.mjs')
  return { path, bytes: await bundleAgent('local', path), [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

/** The bundle as a process, spoken to as the local provider does. */
export class AgentProcess implements AsyncDisposable {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly exited: Promise<number | null>
  readonly ready: Promise<void>
  stderr = ''
  stdout = ''
  readonly #replies = new Map<number, (reply: AgentReply) => void>()
  #lastId = 0

  constructor(bundle: string, config: AgentConfig | string | undefined, environment: Record<string, string> = {}) {
    const text = typeof config === 'object' ? JSON.stringify(config) : config
    this.child = spawn(process.execPath, [bundle], {
      env: { ...process.env, ...environment, ...(text !== undefined && { NETFAIR_AGENT: text }) },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.exited = new Promise((resolve) => this.child.on('close', resolve))
    this.child.stdin.on('error', () => {})
    this.child.stderr.setEncoding('utf8').on('data', (said: string) => {
      this.stderr += said
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ready = promise
    let rest = ''
    this.child.stdout.setEncoding('utf8').on('data', (said: string) => {
      this.stdout += said
      const lines = (rest + said).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const message = JSON.parse(line) as AgentMessage
        if (message.kind === 'ready') resolve()
        else this.#replies.get(message.id)?.(message.reply)
      }
    })
  }

  /** The reply; rejects when the agent ends before it. */
  run(task: Task): Promise<AgentReply> {
    const id = ++this.#lastId
    const reply = new Promise<AgentReply>((resolve) => this.#replies.set(id, resolve))
    this.child.stdin.write(`${JSON.stringify({ id, task })}\n`)
    const gone = this.exited.then((code) => Promise.reject(new Error(`the agent ended with ${code}: ${this.stderr}`)))
    return Promise.race([reply, gone])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL')
    await this.exited
  }
}

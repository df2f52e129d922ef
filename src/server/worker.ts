/** One process of a target: serves the connections that the primary hands it, until the primary goes away. */
import { createHttpServer } from './http/http-server.ts'
import { Tests } from './iperf3/tests.ts'
import { type SocketHandle, socketOn } from './socket-handle.ts'
import { targetClock } from './target-clock.ts'
import { admission } from './token.ts'
import type { Traffic } from './traffic.ts'
import type { Answer, FromWorker, Question, ToWorker, WorkerConfig } from './worker-message.ts'

const traffic: Traffic = { sentBytes: 0, receivedBytes: 0 }
const asked = new Map<number, (answer: Answer) => void>()
let questions = 0
let serve: ((message: ToWorker, handle: SocketHandle | undefined) => void) | undefined

// A terminal's Ctrl-C reaches every process of the group: the primary decides what it means.
process.on('SIGINT', () => {})
process.on('message', (message: ToWorker, handle: unknown) => {
  if (message.kind === 'setup') {
    serve = serveWith(message.config)
    tell({ kind: 'up' })
  } else serve?.(message, handle as SocketHandle | undefined)
})

function serveWith({ limits, token, clockOffsetMs }: WorkerConfig): typeof serve {
  const clock = targetClock(clockOffsetMs)
  const admits = admission(token)
  const tests = new Tests(
    { limits, admits, clock, traffic },
    { agreed: (cookie) => tell({ kind: 'agreed', cookie }), ended: (cookie) => tell({ kind: 'ended', cookie }) },
  )
  const http = createHttpServer({ limits, admits, clock, traffic, ask })
  process.once('disconnect', () => {
    tests.terminate()
    process.exit(0)
  })
  return (message, handle) => {
    switch (message.kind) {
      case 'control':
        return handle === undefined ? tell({ kind: 'ended', cookie: message.cookie }) : tests.begin(message.cookie, handle)
      case 'data':
        return handle && tests.join(message.cookie, handle, message.order)
      case 'drop':
        return tests.drop(message.cookie)
      case 'http':
        return handle && void http.emit('connection', socketOn(handle))
      case 'usage':
        return tell({ kind: 'usage', id: message.id, usage: usage() })
      case 'answer':
        asked.get(message.id)?.(message.answer)
        return void asked.delete(message.id)
      case 'shed':
        return tests.shed()
      case 'setup':
        return
      default:
        return message satisfies never
    }
  }
}

function ask(question: Question, signal?: AbortSignal): Promise<Answer> {
  const id = questions++
  signal?.addEventListener('abort', () => {
    if (asked.delete(id)) tell({ kind: 'withdraw', id })
  })
  return new Promise((resolve) => {
    asked.set(id, resolve)
    tell({ kind: 'ask', id, question })
  })
}

function usage(): Extract<FromWorker, { kind: 'usage' }>['usage'] {
  const { user, system } = process.cpuUsage()
  return { pid: process.pid, cpuSeconds: (user + system) / 1e6, ...traffic }
}

function tell(message: FromWorker): void {
  // An error here means that the primary has gone: 'disconnect' follows.
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

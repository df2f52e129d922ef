import { randomUUID } from 'node:crypto'
import { type Answer, asFrontEnd } from './answer.ts'
import type { Desk } from './desk.ts'
import type { Fault } from './faults.ts'
import type { Execution, FunctionApp } from './function-app.ts'
import type { Call } from './https-server.ts'
import type { Instance, RegisteredFunction, WorkerAnswer, WorkerCall } from './instance.ts'
import type { Slot } from './instance-pool.ts'
import type { Site } from './resources.ts'

const LARGEST_BODY = 104_857_600

export interface GatewayOptions {
  readonly desk: Desk
  /** Then the caller gets 504; the execution goes on. */
  readonly httpTimeoutMs: number
  executed(execution: Execution): void
}

/** Where one site answers over HTTPS: finds the function, checks the key, and gives it to an instance that has room. */
export class Gateway {
  readonly #site: () => Site | undefined
  readonly #name: string
  readonly #options: GatewayOptions

  constructor(name: string, site: () => Site | undefined, options: GatewayOptions) {
    this.#name = name
    this.#site = site
    this.#options = options
  }

  async handle(call: Call): Promise<Answer | 'drop'> {
    const answer = await this.#options.desk.handle(call, { operation: 'Http_Invoke', name: this.#name }, (fault) =>
      this.#answer(call, fault),
    )
    return answer === 'drop' ? answer : asFrontEnd(answer)
  }

  async #answer(call: Call, fault: Fault | undefined): Promise<Answer> {
    const site = this.#site()
    if (site === undefined) return { status: 404, body: '<h1>404 Web Site not found.</h1>' }
    const { app } = site
    if (call.url.pathname === '/') return { status: 200, body: '<h1>Your Functions 4.0 app is up and running</h1>' }
    if (!app.runs) return { status: 503, body: 'Function host is not running.' }
    await app.indexed
    const found = findFunction(app, call)
    if (found === undefined) return { status: 404 }
    if (!isAllowed(app, found.registered, call)) return { status: 401 }
    if (call.body.length > LARGEST_BODY) return { status: 413 }
    if (app.pool === undefined) return { status: 503, body: 'Function host is not running.' }
    const slot = app.pool.take(fault?.kind === 'cold-start' ? fault.delayMs : 0)
    if (slot === undefined) return { status: 429, headers: { 'retry-after': '1' } }
    const execution = this.#execute(site, found, { call, slot, fault })
    return Promise.race([execution, this.#tooLate(execution)])
  }

  async #execute(
    site: Site,
    { registered, params }: Found,
    { call, slot, fault }: { readonly call: Call; readonly slot: Slot; readonly fault: Fault | undefined },
  ): Promise<Answer> {
    const { method, url, headers, body } = call
    const asked: WorkerCall = { invocationId: randomUUID(), method, url: url.href, headers, params }
    try {
      const instance = await slot.instance
      const startedAtMs = now()
      const crash = fault?.kind === 'crash' ? setTimeout(() => void instance.kill(), fault.delayMs) : undefined
      const result = await instance.invoke(registered.name, asked, body).catch(() => undefined)
      clearTimeout(crash)
      this.#record(site, { registered, instance, slot, startedAtMs, result })
      return result === undefined ? await died(instance) : answerOf(result)
    } catch {
      return { status: 503, body: 'Function host is not running.' }
    } finally {
      slot.release()
    }
  }

  #record(
    site: Site,
    facts: {
      readonly registered: RegisteredFunction
      readonly instance: Instance
      readonly slot: Slot
      readonly startedAtMs: number
      readonly result: WorkerAnswer | undefined
    },
  ): void {
    const { registered, instance, slot, startedAtMs, result } = facts
    this.#options.executed({
      site: site.name,
      function: registered.name,
      instance: instance.id,
      memoryMb: site.functionAppConfig.scaleAndConcurrency?.instanceMemoryMB ?? 2048,
      startedAtMs,
      endedAtMs: now(),
      coldStart: slot.cold,
      ...(result && { status: result.status }),
    })
  }

  async #tooLate(execution: Promise<Answer>): Promise<Answer> {
    const late = Promise.withResolvers<Answer>()
    const timer = setTimeout(() => late.resolve({ status: 504, body: '<h1>504.0 GatewayTimeout</h1>' }), this.#options.httpTimeoutMs)
    void execution.finally(() => clearTimeout(timer))
    return late.promise
  }
}

const now = (): number => performance.timeOrigin + performance.now()

/** A worker that ends by itself fails the execution; one that is killed takes its container along. */
async function died(instance: Instance): Promise<Answer> {
  const how = await instance.ended
  return how.includes('SIGKILL') ? { status: 502, body: '<h1>502 Bad Gateway</h1>' } : { status: 500 }
}

function answerOf({ status, headers, body }: WorkerAnswer): Answer {
  const { 'x-bed-failed': failed, ...given } = headers
  return failed === undefined ? { status, headers: given, body } : { status: 500 }
}

interface Found {
  readonly registered: RegisteredFunction
  readonly params: Readonly<Record<string, string>>
}

function findFunction(app: FunctionApp, { method, url }: Call): Found | undefined {
  for (const registered of app.functions) {
    const { type, name, route = name, methods = [] } = registered
    if (type.toLowerCase() !== 'httptrigger') continue
    if (methods.length > 0 && !methods.some((one) => one.toUpperCase() === method)) continue
    const prefix = app.routePrefix === '' ? '' : `/${app.routePrefix}`
    const match = routePattern(`${prefix}/${route}`).exec(url.pathname)
    if (match)
      return {
        registered,
        params: Object.fromEntries(Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value ?? '')])),
      }
  }
  return undefined
}

/** `/api/items/{id:int?}`, `/api/files/{*path}`; constraints are not checked. */
function routePattern(route: string): RegExp {
  const source = route
    .split('/')
    .slice(1)
    .map((part) => {
      const [, star = '', name, optional = ''] = /^\{(\*?)(\w+)(?::\w+)?(\??)\}$/.exec(part) ?? []
      if (name === undefined) return `/${part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`
      if (star) return `(?:/(?<${name}>.*))?`
      return optional ? `(?:/(?<${name}>[^/]+))?` : `/(?<${name}>[^/]+)`
    })
  return new RegExp(`^${source.join('')}/?$`, 'i')
}

function isAllowed(app: FunctionApp, { name, authLevel = 'function' }: RegisteredFunction, { headers, url }: Call): boolean {
  if (authLevel === 'anonymous') return true
  const given = (headers['x-functions-key'] || url.searchParams.get('code')) ?? ''
  if (given === app.masterKey) return true
  if (authLevel === 'admin') return false
  return [...Object.values(app.functionKeys.get(name) ?? {}), ...Object.values(app.hostKeys)].includes(given)
}

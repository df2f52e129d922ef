import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { text } from 'node:stream/consumers'
import { type protos, v1, v2 } from '@google-cloud/functions'
import { type ChannelCredentials, credentials } from '@grpc/grpc-js'
import { strToU8, zipSync } from 'fflate'
import { GoogleAuth, JWT } from 'google-auth-library'
import type { GcpBed } from '../gcp.ts'

type Function = protos.google.cloud.functions.v2.IFunction

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** The program of a test's function: `/sleep?ms=`, `/until?file=` (which is there), `/crash`, `/throw`; else it says where and with what it runs. */
export const ECHO = `
import { existsSync } from 'node:fs'

export function main(request, response) {
  const { path, query } = request
  if (path === '/sleep') return void setTimeout(() => response.json({ pid: process.pid }), Number(query.ms))
  if (path === '/until') {
    const timer = setInterval(() => {
      if (!existsSync(query.file)) return
      clearInterval(timer)
      response.json({ pid: process.pid })
    }, 10)
    return
  }
  if (path === '/crash') process.kill(process.pid, 'SIGKILL')
  if (path === '/throw') throw new Error('thrown')
  response.json({ pid: process.pid, path, body: request.body, headers: request.headers, environment: process.env })
}`

process.env['METADATA_SERVER_DETECTION'] = 'none'

/** Google's own client against a bed, and HTTPS; no code of the adapter. */
export class BareClient implements AsyncDisposable {
  readonly functions: InstanceType<typeof v2.FunctionServiceClient>
  readonly gen1: InstanceType<typeof v1.CloudFunctionsServiceClient>
  readonly parent: string
  readonly auth: JWT
  readonly #ca: Buffer

  #names = 0

  constructor(bed: GcpBed, authorization?: () => Promise<string>) {
    this.parent = `projects/${bed.projectId}/locations/${bed.region}`
    this.#ca = readFileSync(bed.environment['NETFAIR_TEST_CA'] ?? '')
    const { hostname, port, origin } = new URL(bed.environment['NETFAIR_GCP_ENDPOINT'] ?? '')
    this.auth = new JWT({
      keyFile: bed.environment['GOOGLE_APPLICATION_CREDENTIALS'] ?? '',
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
      email: bed.email,
      transporterOptions: { agent: new Agent({ ca: this.#ca }) },
    })
    this.auth.transporter.interceptors.request.add({
      resolved: async (asked) => Object.assign(asked, { url: new URL(asked.url.pathname, origin) }),
    })
    const token = authorization ?? (async () => `Bearer ${(await this.auth.getAccessToken()).token}`)
    const call = credentials.createFromGoogleCredential({ getRequestHeaders: async () => ({ authorization: await token() }) })
    const sslCreds: ChannelCredentials = credentials.combineChannelCredentials(credentials.createSsl(this.#ca), call)
    const options = {
      apiEndpoint: hostname,
      port: Number(port),
      sslCreds,
      projectId: bed.projectId,
      auth: new GoogleAuth({ authClient: this.auth }),
    }
    this.functions = new v2.FunctionServiceClient(options)
    this.gen1 = new v1.CloudFunctionsServiceClient(options)
  }

  /** A request and its whole answer. */
  send(url: string, { method = 'POST', headers = {}, body = '' }: SendOptions = {}): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
    const sent = request(url, { method, headers, ca: this.#ca, agent: false }, (response) => {
      const { statusCode = 0, headers: received } = response
      text(response).then((whole) => resolve({ status: statusCode, headers: received, body: whole }), reject)
    })
    sent.on('error', reject).end(body)
    return promise
  }

  /** Invokes a function, with an identity token for it. */
  async invoke(uri: string, path = '/', body = ''): Promise<HttpAnswer> {
    const authorization = `Bearer ${await this.auth.fetchIdToken(uri)}`
    return this.send(`${uri}${path}`, { headers: { authorization, 'content-type': 'application/json' }, body })
  }

  /** Uploads a program, and says where it is. */
  async upload(files: Readonly<Record<string, string>> = {}): Promise<protos.google.cloud.functions.v2.IStorageSource> {
    const [{ uploadUrl, storageSource }] = await this.functions.generateUploadUrl({ parent: this.parent })
    await this.send(uploadUrl ?? '', { method: 'PUT', headers: { 'content-type': 'application/zip' }, body: archive(files) })
    return storageSource ?? {}
  }

  /** Starts a deployment. */
  async create(functionId: string, changes: Function = {}, source?: protos.google.cloud.functions.v2.IStorageSource) {
    const buildConfig = { runtime: 'nodejs24', entryPoint: 'main', source: { storageSource: source ?? (await this.upload()) } }
    const serviceConfig = { availableMemory: '256M', maxInstanceCount: 2, ...changes.serviceConfig }
    const wanted = { ...changes, buildConfig: { ...buildConfig, ...changes.buildConfig }, serviceConfig }
    const [operation] = await this.functions.createFunction({ parent: this.parent, functionId, function: wanted })
    return operation
  }

  /** Deploys; its URI. */
  async deploy(functionId: string, changes: Function = {}): Promise<string> {
    const [made] = await (await this.create(functionId, changes)).promise()
    return made.serviceConfig?.uri ?? ''
  }

  async remove(functionId: string): Promise<void> {
    const [operation] = await this.functions.deleteFunction({ name: this.name(functionId) })
    await operation.promise()
  }

  /** A name that no function of this client has had: a test that runs again begins anew. */
  fresh(stem: string): string {
    this.#names += 1
    return `${stem}-${this.#names}`
  }

  name(functionId: string): string {
    return `${this.parent}/functions/${functionId}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.functions.close(), this.gen1.close()])
  }
}

interface SendOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export function archive(files: Readonly<Record<string, string>> = {}): Uint8Array {
  const program = { 'package.json': '{"main":"index.mjs"}', 'index.mjs': ECHO }
  return zipSync(Object.fromEntries(Object.entries({ ...program, ...files }).map(([name, content]) => [name, strToU8(content)])))
}

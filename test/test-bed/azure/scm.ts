import { type Answer, asFrontEnd, Refusal } from './answer.ts'
import { type DeploymentRecord, deploymentFacts } from './deployment.ts'
import type { Desk } from './desk.ts'
import type { Entra } from './entra.ts'
import type { Call } from './https-server.ts'
import type { Site } from './resources.ts'

const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/plain', ...headers },
  body,
})

/** The deployment endpoint of one site: takes packages (`one deploy`) and tells what became of them. */
export class Scm {
  readonly #site: () => Site | undefined
  readonly #name: string
  readonly #entra: Entra
  readonly #desk: Desk

  constructor(name: string, site: () => Site | undefined, { entra, desk }: { readonly entra: Entra; readonly desk: Desk }) {
    this.#name = name
    this.#site = site
    this.#entra = entra
    this.#desk = desk
  }

  async handle(call: Call): Promise<Answer | 'drop'> {
    const { method, url } = call
    const [, deployment, log] = /^\/api\/deployments(?:\/([^/]+)(\/log)?)?\/?$/.exec(url.pathname) ?? []
    const isPublish = method === 'POST' && /^\/api\/publish\/?$/.test(url.pathname)
    const isRead = method === 'GET' && url.pathname.startsWith('/api/deployments')
    const operation = isPublish ? 'Scm_Publish' : isRead ? 'Scm_GetDeployment' : `${method} ${url.pathname}`
    const answer = await this.#desk.handle(call, { operation, name: this.#name }, (fault) => {
      const site = this.#site()
      if (site === undefined) return text(404, '404 Web Site not found.')
      this.#authenticate(call)
      if (isPublish) return publish(site, call, fault?.kind === 'deploy-fails')
      if (isRead) return read(site, call, deployment, log !== undefined)
      return text(404, 'Not Found')
    })
    return answer === 'drop' ? answer : asFrontEnd(answer)
  }

  #authenticate({ headers }: Call): void {
    try {
      this.#entra.verify(headers['authorization'])
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw new Refusal(text(401, '', { 'www-authenticate': `Basic realm="${this.#site()?.scm.host}"` }))
    }
  }
}

function publish(site: Site, { url, headers, body }: Call, fails: boolean): Answer {
  if (!/^application\/(zip|octet-stream)\b/.test(headers['content-type'] ?? '')) return text(415, 'Unsupported Media Type')
  if (url.searchParams.get('RemoteBuild')?.toLowerCase() === 'true') return text(400, 'The test bed has no remote build.')
  if (site.app.busyDeploying) return text(409, 'There is a deployment currently in progress. Please try again when it completes.')
  const { id } = site.app.publish(body, { deployer: url.searchParams.get('Deployer') ?? 'OneDeploy', fails })
  return { status: 202, headers: { location: `https://${site.scm.host}/api/deployments/${id}` }, body: JSON.stringify(id) }
}

function read(site: Site, { headers }: Call, id: string | undefined, log: boolean): Answer {
  const { deployments } = site.app
  const facts = (record: DeploymentRecord): object => {
    const url = `https://${headers['host']}/api/deployments/${record.id}`
    return { ...deploymentFacts(record), url, log_url: `${url}/log`, site_name: site.name }
  }
  if (id === undefined) return { status: 200, body: deployments.map(facts) }
  const record = id === 'latest' ? deployments.at(-1) : deployments.find((one) => one.id === id)
  if (record === undefined) return { status: 404, body: { Message: `No deployment with id '${id}' found.` } }
  if (log) return { status: 200, body: record.log.map((message) => ({ log_time: record.receivedAt.toISOString(), message, type: 0 })) }
  return { status: record.endedAt === undefined ? 202 : 200, body: facts(record) }
}

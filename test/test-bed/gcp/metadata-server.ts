import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Identity } from './identity.ts'

const FLAVOR = { 'metadata-flavor': 'Google' }
const ROOT = '/computeMetadata/v1'

/** What functions ask who they are: gives tokens of the service account as which they run. In the cloud it is `metadata.google.internal`. */
export class MetadataServer implements AsyncDisposable {
  /** Tokens given out so far. */
  readonly tokens: string[] = []
  readonly #server: Server

  private constructor(identity: Identity, projectId: string) {
    this.#server = createServer(({ url = '', headers }, response) => {
      const { pathname } = new URL(url, 'http://metadata')
      // A request without that header may come from elsewhere: it is refused.
      const answer = headers['metadata-flavor'] === 'Google' ? this.#answer(pathname, { identity, projectId }) : undefined
      if (answer === undefined) response.writeHead(headers['metadata-flavor'] === 'Google' ? 404 : 403, FLAVOR).end()
      else response.writeHead(200, { ...FLAVOR, 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  }

  static async listen(identity: Identity, projectId: string): Promise<MetadataServer> {
    const metadata = new MetadataServer(identity, projectId)
    metadata.#server.listen(0, '127.0.0.1')
    await once(metadata.#server, 'listening')
    return metadata
  }

  /** What an instance finds in its environment, in place of the name that every instance in the cloud can resolve. */
  get environment(): Readonly<Record<string, string>> {
    return { GCE_METADATA_HOST: `127.0.0.1:${(this.#server.address() as AddressInfo).port}` }
  }

  #answer(path: string, { identity, projectId }: { readonly identity: Identity; readonly projectId: string }): object | string | undefined {
    if (path === `${ROOT}/instance`) return {}
    if (path === `${ROOT}/project/project-id`) return projectId
    if (path === `${ROOT}/instance/service-accounts/default/email`) return identity.email
    if (path !== `${ROOT}/instance/service-accounts/default/token`) return undefined
    const token = identity.accessToken()
    this.tokens.push(token)
    return { access_token: token, expires_in: 3599, token_type: 'Bearer' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
